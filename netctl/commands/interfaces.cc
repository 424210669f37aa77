#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "netctl/commands/commands.h"
#include "netctl/commands/tables.h"

namespace tapline {
namespace {

using v1::Interface;

std::vector<Column<Interface>> InterfaceColumns() {
  return {
      {"NAME", 12, false, false,
       [](const Interface& i) { return TextCell(i.name()); }},
      {"STATE", 7, false, false,
       [](const Interface& i) {
         if (!i.up()) return Cell{"down", Color::kRed, ""};
         if (!i.running()) return Cell{"no link", Color::kYellow, ""};
         return Cell{"up", Color::kGreen, ""};
       }},
      {"CAPTURE", 7, false, false,
       [](const Interface& i) { return TextCell(i.capturing() ? "yes" : ""); }},
      {"ROUTE", 7, false, false,
       [](const Interface& i) {
         return TextCell(i.default_route() ? "default" : "");
       }},
      {"MTU", 5, true, false,
       [](const Interface& i) { return NumberCell(i.mtu()); }},
      {"LINK", 8, false, false,
       [](const Interface& i) { return TextCell(i.link_type()); }},
      {"MAC", 17, false, true,
       [](const Interface& i) { return TextCell(i.mac()); }},
      {"RX_PACKETS", 10, true, false,
       [](const Interface& i) { return NumberCell(i.received_packets()); }},
      {"RX_BYTES", 10, true, false,
       [](const Interface& i) { return BytesCell(i.received_bytes()); }},
      {"RX_DROPPED", 10, true, true,
       [](const Interface& i) { return NumberCell(i.received_dropped()); }},
      {"TX_PACKETS", 10, true, true,
       [](const Interface& i) { return NumberCell(i.sent_packets()); }},
      {"TX_BYTES", 10, true, true,
       [](const Interface& i) { return BytesCell(i.sent_bytes()); }},
      {"ADDRESSES", 20, false, false,
       [](const Interface& i) {
         return TextCell(absl::StrJoin(i.addresses(), " "));
       }},
  };
}

}  // namespace

int ListInterfaces(Session& session) {
  v1::ListInterfacesResponse response;
  const grpc::Status status = session.client().Call(
      session.client().sensor(), &v1::SensorService::Stub::ListInterfaces,
      v1::ListInterfacesRequest(), &response);
  if (!status.ok()) return session.Fail(status);
  return session.PrintList(InterfaceColumns(), Items(response.interfaces()));
}

void AddInterfaces(Command& root, Session& session) {
  root.Sub("interfaces", "List the interfaces the sensor can capture on",
           "netctl interfaces -o wide")
      .Action([&session] { return ListInterfaces(session); });
}

}  // namespace tapline
