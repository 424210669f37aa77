#include "sensord/command_line.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <map>

namespace tapline {
namespace {

constexpr char kDefaultConfig[] = "/etc/tapline/sensord.yaml";

constexpr char kNoDpi[] = "Read no payload: protocols by their ports alone";

constexpr char kFooter[] =
    "Examples:\n"
    "  sensord                               watch the default route\n"
    "  sensord --interface eth1              watch another interface\n"
    "  sensord analyze trace.pcap            judge a capture file\n"
    "  sensord analyze a.pcap --only flows -o json\n"
    "  sensord analyze a.pcap --filter 'dns.qry.name contains \"example\"'\n"
    "  sensord analyze a.pcap --packet 17    one packet, layer by layer\n"
    "  sensord analyze a.pcap --expert       what is odd about its flows\n"
    "  sensord analyze a.pcap --follow 03bd --previews\n"
    "\n"
    "While sensord runs, `netctl watch alerts` shows what it finds.";

struct RawFlags {
  std::string interface;
  std::string listen;
  std::string data_dir;
  std::string insecure_loopback;
  std::string format = "table";
  bool no_store = true;
  bool expert = false;
  bool conversations = false;
  std::string timeline;
  std::string follow;
};

void AddDaemonOptions(CLI::App& app, RawFlags& raw, CommandLine& out) {
  app.add_option("--config", out.config_file,
                 "Configuration (default: /etc/tapline/sensord.yaml if there)");
  app.add_option("-i,--interface", raw.interface,
                 "Interface to capture on (default: the default route's)");
  app.add_option("--listen", raw.listen,
                 "Where clients connect (unix:///run/tapline/sensord.sock)");
  app.add_option("--data-dir", raw.data_dir,
                 "Where alerts and flows are kept (/var/lib/tapline)");
  app.add_flag("--check", out.check, "Check the configuration and exit");
  app.add_flag("--no-capture", out.no_capture,
               "Serve, but do not capture until `netctl start capture`");
  app.add_flag("--no-dpi", out.no_dpi, kNoDpi);
  app.add_option("--insecure-loopback", raw.insecure_loopback,
                 "Also listen on 127.0.0.1:PORT or [::1]:PORT without TLS");
}

// One closer look at a time.
void AddInspections(CLI::App& analyze, RawFlags& raw, CommandLine& out) {
  CLI::Option* packet = analyze.get_option("--packet");
  std::vector<CLI::Option*> looks = {
      analyze.add_flag("--expert", raw.expert,
                       "Show what is odd about flows, and why"),
      analyze.add_flag("--conversations", raw.conversations,
                       "Show flows added up by their two addresses"),
      analyze.add_option("--timeline", raw.timeline,
                         "Show what happened on this flow: its id, or the "
                         "beginning of it"),
      analyze.add_option("--follow", raw.follow,
                         "Show who sent how much and when on this flow")};
  analyze
      .add_flag("--previews", out.analyze.previews,
                "With --follow: also the beginning of what was sent")
      ->needs("--follow");
  for (CLI::Option* look : looks) {
    look->excludes(packet);
    for (CLI::Option* other : looks) {
      if (other != look) look->excludes(other);
    }
  }
}

CLI::App* AddAnalyze(CLI::App& app, RawFlags& raw, CommandLine& out) {
  CLI::App* analyze = app.add_subcommand(
      "analyze", "Judge capture files, without a daemon and without root");
  analyze
      ->add_option("FILE", out.analyze.files,
                   "pcap or pcapng files, in order; - is standard input")
      ->required();
  analyze->add_option("--workers", out.analyze.workers, "Threads, 1..16")
      ->check(CLI::Range(1, 16));
  analyze->add_option("-o,--output", raw.format,
                      "table, wide, json, csv, yaml or compact");
  const std::map<std::string, AnalyzeOnly> only = {
      {"alerts", AnalyzeOnly::kAlerts},
      {"flows", AnalyzeOnly::kFlows},
      {"events", AnalyzeOnly::kEvents},
      {"summary", AnalyzeOnly::kSummary}};
  analyze
      ->add_option("--only", out.analyze.only,
                   "Print only alerts, flows, events or summary")
      ->transform(CLI::CheckedTransformer(only, CLI::ignore_case)
                      // Not the numbers behind the words.
                      .description("{alerts,flows,events,summary}"));
  analyze->add_option("--filter", out.filter,
                      "Print only records that fulfil this expression. The "
                      "summary then counts the flows, events, alerts and "
                      "protocols that do; packets, bytes, frames, anomalies "
                      "and suppressed alerts stay those of the whole capture");
  analyze->add_flag("--explain-filter", out.explain_filter,
                    "Say what the filter means, and exit");
  analyze->add_option("--packet", out.analyze.packet,
                      "Show the packet of this ordinal, layer by layer; the "
                      "first is 0 (frame.ordinal; frame.number is one more)");
  analyze->add_flag("--hex", out.analyze.hex, "With --packet: also its bytes")
      ->needs("--packet");
  AddInspections(*analyze, raw, out);
  analyze->add_flag("--no-dpi", out.no_dpi, kNoDpi);
  // Nothing is stored by an analysis yet; scripts may already say so.
  analyze->add_flag("--no-store", raw.no_store, "Keep nothing (the default)");
  analyze->add_option("--config", out.config_file,
                      "Configuration of flows and detectors");
  return analyze;
}

void FillInspection(const RawFlags& raw, AnalyzeOptions& out) {
  out.flow = raw.timeline.empty() ? raw.follow : raw.timeline;
  out.inspection = raw.expert              ? Inspection::kExpert
                   : raw.conversations     ? Inspection::kConversations
                   : !raw.timeline.empty() ? Inspection::kTimeline
                   : !raw.follow.empty()   ? Inspection::kFollow
                                           : Inspection::kNone;
}

void FillSettings(const RawFlags& raw, CommandLine& out) {
  const auto add = [&out](const char* path, const std::string& value) {
    if (!value.empty()) out.settings.push_back(path + ("=" + value));
  };
  add("capture.interface", raw.interface);
  add("listen.address", raw.listen);
  add("store.directory", raw.data_dir);
  add("listen.insecure_loopback", raw.insecure_loopback);
  if (out.no_dpi) add("flow.dpi", "false");
  out.allow_insecure_loopback = !raw.insecure_loopback.empty();
  if (out.config_file.empty() && access(kDefaultConfig, F_OK) == 0) {
    out.config_file = kDefaultConfig;
  }
}

}  // namespace

int ParseCommandLine(int argc, char** argv, CommandLine& out) {
  try {
    CLI::App app("sensord watches network traffic and tells what is wrong.",
                 "sensord");
    app.set_version_flag("--version", "sensord " TAPLINE_VERSION);
    app.footer(kFooter);
    RawFlags raw;
    AddDaemonOptions(app, raw, out);
    CLI::App* analyze = AddAnalyze(app, raw, out);
    try {
      app.parse(argc, argv);
      if (analyze->parsed()) out.command = CommandLine::Command::kAnalyze;
      const std::optional<Format> format = ParseFormat(raw.format);
      if (!format) {
        throw CLI::ValidationError("--output", "unknown format " + raw.format);
      }
      out.analyze.print.format = *format;
    } catch (const CLI::ParseError& error) {
      return app.exit(error) == 0 ? 0 : 2;
    }
    FillSettings(raw, out);
    FillInspection(raw, out.analyze);
    return -1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sensord: %s\n", error.what());
    return 2;
  }
}

}  // namespace tapline
