#include "openings.h"

#include "tests/support/wire_bytes.h"

namespace tapline::testing {
namespace {

constexpr uint8_t kTcp = 6;
constexpr uint8_t kUdp = 17;

std::string Zeros(size_t size) { return std::string(size, '\0'); }

// RFC 1035 4.1: A of example.com.
const char kDnsQuery[] =
    "002a 0100 0001 0000 0000 0000 07 6578616d706c65 03 636f6d 00 0001 0001";

void AddNetwork(std::vector<OpeningRow>* rows) {
  rows->push_back({Protocol::kDns, kUdp, 53, Hex(kDnsQuery)});
  rows->push_back({Protocol::kDns, kTcp, 53, Hex("001d") + Hex(kDnsQuery)});
  rows->push_back({Protocol::kDhcp, kUdp, 67,
                   Hex("01 01 06 00 3903f326") + Zeros(20) +
                       Hex("3c22fb102030") + Zeros(202) +
                       Hex("63825363 35 01 01 ff")});
  rows->push_back({Protocol::kDhcpv6, kUdp, 547,
                   Hex("01 a1b2c3 0001 000a 0003 0001 3c22fb102030"
                       "0006 0004 0017 0018")});
  rows->push_back({Protocol::kNtp, kUdp, 123,
                   Hex("23 00 06 ec") + Zeros(36) + Hex("e9000000 12345678")});
  rows->push_back({Protocol::kHsrp, kUdp, 1985,
                   Hex("00 00 10 03 0a 6e 01 00 636973636f000000 c0a800fe")});
  rows->push_back(
      {Protocol::kBgp, kTcp, 179,
       std::string(16, '\xff') + Hex("001d 01 04 fde8 00b4 0a000001 00")});
  rows->push_back({Protocol::kStun, kUdp, 3478,
                   Hex("0001 0000 2112a442 0102030405060708090a0b0c")});
}

void AddTunnels(std::vector<OpeningRow>* rows) {
  rows->push_back({Protocol::kWireguard, kUdp, 51820,
                   Hex("01000000 07000000") + std::string(140, '\x5a')});
  rows->push_back(
      {Protocol::kOpenvpn, kUdp, 1194, Hex("38 0102030405060708 00 00000000")});
  rows->push_back({Protocol::kOpenvpn, kTcp, 1194,
                   Hex("000e 38 0102030405060708 00 00000000")});
  // One proposal: AES-CBC 256, group 14.
  rows->push_back({Protocol::kIke, kUdp, 500,
                   Hex("0102030405060708") + Zeros(8) +
                       Hex("21 20 22 08 00000000 0000003c"
                           "00 00 0020 00 00 001c 01 01 00 02"
                           "03 00 000c 01 00 000c 800e 0100"
                           "00 00 0008 04 00 000e")});
}

void AddDatabases(std::vector<OpeningRow>* rows) {
  rows->push_back(
      {Protocol::kPostgresql, kTcp, 5432,
       Hex("00000014 00030000") + "user" + Hex("00") + "alice" + Hex("00 00")});
  rows->push_back({Protocol::kMysql, kTcp, 3306,
                   Hex("4a 00 00 00 0a") + "8.0.36" + Hex("00 2a000000") +
                       "saltsalt" + Hex("00 ffff ff 0200 ffdf 15") + Zeros(10) +
                       "saltsaltsalt" + Zeros(1) + "caching_sha2_password" +
                       Zeros(1),
                   true});
  rows->push_back({Protocol::kMongodb, kTcp, 27017,
                   Hex("25000000 01000000 00000000 dd070000 00000000 00"
                       "10000000 10") +
                       "hello" + Hex("00 01000000 00")});
}

void AddBrokers(std::vector<OpeningRow>* rows) {
  rows->push_back(
      {Protocol::kMqtt, kTcp, 1883,
       Hex("10 12 0004") + "MQTT" + Hex("04 02 003c 0006") + "pump-7"});
  rows->push_back({Protocol::kAmqp, kTcp, 5672, "AMQP" + Hex("00 00 09 01")});
  rows->push_back({Protocol::kKafka, kTcp, 9092,
                   Hex("00000011 0012 0000 00000001 0007") + "rdkafka"});
  rows->push_back(
      {Protocol::kCoap, kUdp, 5683, Hex("41 01 7d36 20 bb") + "temperature"});
}

void AddIndustry(std::vector<OpeningRow>* rows) {
  rows->push_back(
      {Protocol::kModbus, kTcp, 502, Hex("0001 0000 0006 01 03 006b 0002")});
  rows->push_back(
      {Protocol::kDnp3, kTcp, 20000, Hex("0564 05c0 0100 0004 e921")});
  rows->push_back({Protocol::kBacnet, kUdp, 47808,
                   Hex("81 0b 000c 01 20 ffff 00 ff 10 08")});
  rows->push_back({Protocol::kEnip, kTcp, 44818,
                   Hex("6500 0400 00000000 00000000") + Zeros(8) +
                       Hex("00000000 0100 0000")});
}

}  // namespace

std::vector<OpeningRow> Openings() {
  std::vector<OpeningRow> rows;
  AddNetwork(&rows);
  AddTunnels(&rows);
  AddDatabases(&rows);
  AddBrokers(&rows);
  AddIndustry(&rows);
  return rows;
}

}  // namespace tapline::testing
