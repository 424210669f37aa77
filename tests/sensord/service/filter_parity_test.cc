// One filter, three ways: as records happen, from the store, and from a file.

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "absl/strings/str_split.h"
#include "common/config/config.h"
#include "common/schema/record_kind.h"
#include "sensord/analyze/analyze.h"
#include "sensord/capture/file_sequence.h"
#include "sensord/pipeline/pipeline.h"
#include "sensord/service/record_filter.h"
#include "sensord/store/store.h"
#include "tests/support/packet_builder.h"
#include "tests/support/pcap_writer.h"
#include "tests/support/rings.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace tapline::testing {
namespace {

constexpr v1::RecordKind kKinds[] = {
    v1::RECORD_KIND_ALERT, v1::RECORD_KIND_FLOW, v1::RECORD_KIND_EVENT};

constexpr char kSecretName[] = "ghp_0123456789abcdefghij.example.com";

// "RECORD_KIND_FLOW 4f0c...", one each.
using Names = std::set<std::string>;

std::string NameOf(const v1::Record& record) {
  const std::string& id = record.has_alert()  ? record.alert().id()
                          : record.has_flow() ? record.flow().id()
                                              : record.event().id();
  return absl::StrCat(v1::RecordKind_Name(KindOf(record)), " ", id);
}

// Header, one question for `name` of type A (RFC 1035 4.1).
Bytes DnsQuery(uint16_t id, const std::string& name) {
  Bytes message;
  Put16(message, id);
  Put16(message, 0x0100);
  for (const uint16_t count : {1, 0, 0, 0}) Put16(message, count);
  for (const absl::string_view label : absl::StrSplit(name, '.')) {
    Put8(message, static_cast<uint32_t>(label.size()));
    Append(message, Text(std::string(label)));
  }
  Put8(message, 0);
  Put16(message, 1);
  Put16(message, 1);
  return message;
}

class FilterParityTest : public ::testing::Test {
 protected:
  // DNS of several clients, a scan, and web traffic over IPv6.
  void SetUp() override {
    PcapWriter pcap;
    int64_t time = 1'767'225'600'000'000'000;
    const auto add = [&](uint16_t type, const Bytes& packet) {
      pcap.Add(time += 10'000'000, Ethernet(type, packet));
    };
    for (uint16_t i = 0; i < 40; ++i) {
      const std::string from = absl::StrCat("192.0.2.", 1 + i % 7);
      const std::string to = i % 3 == 0 ? "10.0.0.53" : "198.51.100.53";
      const std::string name =
          absl::StrCat("host", i, i % 2 ? ".example.com" : ".test");
      add(0x0800, Ipv4(from, to, 17, Udp(20000 + i, 53, DnsQuery(i, name))));
    }
    // A token that is masked wherever records leave the sensor.
    add(0x0800, Ipv4("192.0.2.9", "198.51.100.53", 17,
                     Udp(21000, 53, DnsQuery(77, kSecretName))));
    for (uint16_t port = 1; port <= 15; ++port) {
      add(0x0800, Ipv4("192.0.2.66", "192.0.2.1", 6, Tcp(40000, port, kSyn)));
    }
    for (uint16_t i = 0; i < 10; ++i) {
      add(0x86dd, Ipv6("2001:db8::1", absl::StrCat("2001:db8:1::", i), 6,
                       Tcp(50000 + i, i % 2 ? 443 : 80, kSyn)));
    }
    path_ = dir_.path() + "/traffic.pcap";
    ASSERT_TRUE(pcap.Write(path_));
    policy_->config = DefaultConfig();
    Record();
  }

  // Runs the file through a pipeline into a journal and its store.
  void Record() {
    v1::StoreConfig config;
    config.set_directory(dir_.path());
    config.set_batch(1000);
    config.mutable_flush_interval()->set_nanos(1'000'000);
    config.set_max_mebibytes(64);
    auto store = Store::Open(config, clock_);
    ASSERT_OK(store.status());
    store_ = *std::move(store);
    journal_ = Journal::Create(Rings(10'000), 1, clock_);
    store_->StartWriting(*journal_);
    PipelineOptions options;
    options.workers = 1;
    options.policy = policy_;
    options.origin.source_id = "live";
    Pipeline pipeline(
        options,
        std::make_unique<FileSequence>(std::vector<std::string>{path_}),
        *journal_);
    ASSERT_OK(pipeline.Run());
    // Writes all there is; the ring can still be read.
    journal_->Close();
    store_->StopWriting();
  }

  Names Live(const std::string& text) {
    Names names;
    for (const v1::RecordKind kind : kKinds) {
      WatchSpec spec;
      spec.kind = kind;
      spec.filter = text;
      spec.include_updates = true;
      const auto filter = RecordFilter::Create(spec);
      EXPECT_OK(filter.status());
      const JournalRead read = journal_->Read(kind, 1, 10'000);
      for (const JournalEntryPtr& entry : read.entries) {
        if (filter->Takes(entry->record)) names.insert(NameOf(entry->record));
      }
    }
    return names;
  }

  Names History(const std::string& text) {
    Names names;
    const auto filter = Filter::Compile(text, {});
    EXPECT_OK(filter.status());
    for (const v1::RecordKind kind : kKinds) {
      StoreQuery query;
      query.kind = kind;
      query.filter = filter->get();
      query.limit = 10'000;
      const auto page = store_->List(query);
      EXPECT_OK(page.status());
      for (const v1::Record& record : page->records) {
        names.insert(NameOf(record));
      }
    }
    return names;
  }

  Names File(const std::string& text) {
    const auto filter = Filter::Compile(text, {});
    EXPECT_OK(filter.status());
    AnalyzeOptions options;
    options.files = {path_};
    options.print.format = Format::kJson;
    options.filter = filter->get();
    options.policy = policy_;
    std::FILE* out = std::tmpfile();
    EXPECT_EQ(Analyze(options, out, stderr), 0);
    std::rewind(out);
    std::string lines(4 << 20, '\0');
    lines.resize(std::fread(lines.data(), 1, lines.size(), out));
    std::fclose(out);
    Names names;
    for (const absl::string_view line :
         absl::StrSplit(lines, '\n', absl::SkipEmpty())) {
      v1::Record record;
      EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(std::string(line),
                                                              &record)
                      .ok());
      if (!record.has_summary()) names.insert(NameOf(record));
    }
    return names;
  }

  const TempDir dir_;
  RealClock clock_;
  std::string path_;
  const std::shared_ptr<Policy> policy_ = std::make_shared<Policy>();
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Store> store_;
};

TEST_F(FilterParityTest, LiveHistoryAndFileGiveTheSame) {
  const Names all = File("alert or flow or event");
  EXPECT_GT(all.size(), 80u);
  for (const std::string text :
       {"dns.qry.name contains \"example\" and not ip.dst == 10.0.0.0/8",
        "alert or flow or event", "not flow", "tcp.dstport in {80, 443}",
        "ipv6.src == 2001:db8::/32 or ipv6.dst == 2001:db8:1::3",
        "rule == port_scan", "ip.src == 192.0.2.66 xor tcp.flags.syn",
        "len(dns.qry.name) > 12 and dns.qry.name matches \"^HOST1\"",
        "udp.srcport < 20010 and ip.addr !== 10.0.0.53",
        "flow.end_reason == end_of_input and not tcp",
        "dns.qry.name contains \"redacted\"",
        "frame.time < 2026-01-01T00:00:00.2Z"}) {
    const Names file = File(text);
    EXPECT_EQ(Live(text), file) << text;
    EXPECT_EQ(History(text), file) << text;
    EXPECT_GT(file.size(), 0u) << text;
    if (text != "alert or flow or event") {
      EXPECT_LT(file.size(), all.size());
    }
  }
}

TEST_F(FilterParityTest, NoneOfThemCanGuessWhatIsMasked) {
  for (const std::string text :
       {"dns.qry.name contains \"ghp_\"", "dns.qry.name matches \"0123456789\"",
        "ip.src == 192.0.2.9 and len(dns.qry.name) == 36"}) {
    EXPECT_THAT(File(text), ::testing::IsEmpty()) << text;
    EXPECT_THAT(Live(text), ::testing::IsEmpty()) << text;
    EXPECT_THAT(History(text), ::testing::IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace tapline::testing
