#include "sensord/analyzers/hpack.h"

#include <iterator>
#include <utility>

#include "sensord/analyzers/hpack_huffman.h"

namespace tapline {
namespace {

constexpr uint32_t kEntryOverhead = 32;

struct StaticField {
  absl::string_view name;
  absl::string_view value;
};

// RFC 7541 appendix A; the first has index 1.
constexpr StaticField kStatic[] = {
    {":authority", ""},
    {":method", "GET"},
    {":method", "POST"},
    {":path", "/"},
    {":path", "/index.html"},
    {":scheme", "http"},
    {":scheme", "https"},
    {":status", "200"},
    {":status", "204"},
    {":status", "206"},
    {":status", "304"},
    {":status", "400"},
    {":status", "404"},
    {":status", "500"},
    {"accept-charset", ""},
    {"accept-encoding", "gzip, deflate"},
    {"accept-language", ""},
    {"accept-ranges", ""},
    {"accept", ""},
    {"access-control-allow-origin", ""},
    {"age", ""},
    {"allow", ""},
    {"authorization", ""},
    {"cache-control", ""},
    {"content-disposition", ""},
    {"content-encoding", ""},
    {"content-language", ""},
    {"content-length", ""},
    {"content-location", ""},
    {"content-range", ""},
    {"content-type", ""},
    {"cookie", ""},
    {"date", ""},
    {"etag", ""},
    {"expect", ""},
    {"expires", ""},
    {"from", ""},
    {"host", ""},
    {"if-match", ""},
    {"if-modified-since", ""},
    {"if-none-match", ""},
    {"if-range", ""},
    {"if-unmodified-since", ""},
    {"last-modified", ""},
    {"link", ""},
    {"location", ""},
    {"max-forwards", ""},
    {"proxy-authenticate", ""},
    {"proxy-authorization", ""},
    {"range", ""},
    {"referer", ""},
    {"refresh", ""},
    {"retry-after", ""},
    {"server", ""},
    {"set-cookie", ""},
    {"strict-transport-security", ""},
    {"transfer-encoding", ""},
    {"user-agent", ""},
    {"vary", ""},
    {"via", ""},
    {"www-authenticate", ""},
};
static_assert(std::size(kStatic) == 61);

}  // namespace

// Integers and strings (RFC 7541 5); a failure stays.
class HpackDecoder::Reader {
 public:
  explicit Reader(Bytes bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return bytes_.empty(); }
  uint8_t first() const { return bytes_[0]; }

  // An integer whose first byte shares `8 - prefix_bits` bits with others.
  uint64_t Integer(int prefix_bits) {
    const uint64_t mask = (uint64_t{1} << prefix_bits) - 1;
    if (bytes_.empty()) return Fail();
    uint64_t value = bytes_[0] & mask;
    bytes_.remove_prefix(1);
    if (value < mask) return value;
    // Four bytes more are beyond every size and index there is.
    for (int shift = 0; shift <= 21; shift += 7) {
      if (bytes_.empty()) return Fail();
      const uint8_t byte = bytes_[0];
      bytes_.remove_prefix(1);
      value += uint64_t{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) return value;
    }
    return Fail();
  }

  void String(std::string* out) {
    if (bytes_.empty()) {
      Fail();
      return;
    }
    const bool huffman = (bytes_[0] & 0x80) != 0;
    const uint64_t size = Integer(7);
    if (!ok_ || size > bytes_.size()) {
      Fail();
      return;
    }
    const Bytes text = bytes_.first(size);
    bytes_.remove_prefix(size);
    if (huffman) {
      ok_ = DecodeHuffman(text, out);
    } else {
      const absl::string_view plain = TextOf(text);
      out->assign(plain.data(), plain.size());
    }
  }

 private:
  uint64_t Fail() {
    ok_ = false;
    bytes_ = Bytes();
    return 0;
  }

  Bytes bytes_;
  bool ok_ = true;
};

bool HpackDecoder::Find(uint64_t index, absl::string_view* name,
                        absl::string_view* value, uint32_t* name_size) const {
  if (index == 0) return false;
  if (index <= std::size(kStatic)) {
    const StaticField& field = kStatic[index - 1];
    *name = known_(field.name);
    *value = field.value;
    *name_size = static_cast<uint32_t>(field.name.size());
    return true;
  }
  index -= std::size(kStatic) + 1;
  if (index >= table_.size()) return false;
  const Entry& entry = table_[index];
  *name = entry.name;
  *value = entry.value;
  *name_size = entry.name_size;
  return true;
}

void HpackDecoder::Shrink(uint32_t bytes) {
  while (table_bytes_ > bytes) {
    table_bytes_ -= table_.back().size;
    table_.pop_back();
  }
}

void HpackDecoder::Insert(absl::string_view name, uint32_t name_size,
                          absl::string_view value) {
  const uint64_t size = uint64_t{name_size} + value.size() + kEntryOverhead;
  if (size > limit_) {
    // RFC 7541 4.4: empties the table, and is not an error.
    Shrink(0);
    return;
  }
  Entry entry;
  entry.name = name;
  entry.name_size = name_size;
  entry.size = static_cast<uint32_t>(size);
  if (!name.empty()) {
    const absl::string_view kept = value.substr(0, kMaxValue);
    entry.value.assign(kept.data(), kept.size());
  }
  Shrink(limit_ - entry.size);
  table_bytes_ += entry.size;
  table_.push_front(std::move(entry));
}

bool HpackDecoder::Decode(Bytes block, OnField on_field) {
  Reader reader(block);
  while (reader.ok() && !reader.empty()) {
    const uint8_t first = reader.first();
    if ((first & 0xe0) == 0x20) {
      // 6.3: size update.
      const uint64_t size = reader.Integer(5);
      if (!reader.ok() || size > kMaxTableBytes) return false;
      limit_ = static_cast<uint32_t>(size);
      Shrink(limit_);
      continue;
    }
    absl::string_view name;
    absl::string_view value;
    uint32_t name_size = 0;
    if ((first & 0x80) != 0) {
      // 6.1: indexed field.
      const uint64_t index = reader.Integer(7);
      if (!reader.ok() || !Find(index, &name, &value, &name_size)) return false;
      if (!name.empty()) on_field(name, value);
      continue;
    }
    // 6.2: literal, with or without indexing.
    const bool indexed = (first & 0x40) != 0;
    const uint64_t index = reader.Integer(indexed ? 6 : 4);
    if (!reader.ok()) return false;
    if (index != 0) {
      if (!Find(index, &name, &value, &name_size)) return false;
    } else {
      reader.String(&name_);
      name = known_(name_);
      name_size = static_cast<uint32_t>(name_.size());
    }
    reader.String(&value_);
    if (!reader.ok()) return false;
    if (indexed) Insert(name, name_size, value_);
    if (!name.empty()) on_field(name, value_);
  }
  return reader.ok();
}

size_t HpackDecoder::MemoryBytes() const {
  size_t bytes = name_.capacity() + value_.capacity();
  for (const Entry& entry : table_) {
    bytes += sizeof(Entry) + entry.value.capacity();
  }
  return bytes;
}

}  // namespace tapline
