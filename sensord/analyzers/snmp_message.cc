#include "sensord/analyzers/snmp_message.h"

#include "absl/strings/str_cat.h"
#include "sensord/analyzers/masked_name.h"

namespace tapline {
namespace {

constexpr int64_t kUserSecurityModel = 3;
constexpr uint8_t kEncryptedFlag = 2;

// The first variables of a notification: sysUpTime, then snmpTrapOID, whose
// value says which one it is (RFC 3416 4.2.6).
constexpr absl::string_view kTrapOid = "1.3.6.1.6.3.1.1.4.1.0";
// Of version 1's generic traps (RFC 3584 3.1).
constexpr absl::string_view kGenericTraps = "1.3.6.1.6.3.1.1.5.";

}  // namespace

bool SnmpMessage::Read(Bytes bytes, bool cut) {
  *this = SnmpMessage();
  BerReader fields = BerReader(bytes, cut).Enter(kBerSequence);
  const int64_t number = fields.Integer();
  if (!fields.ok() ||
      (number != kSnmpV1 && number != kSnmpV2c && number != kSnmpV3)) {
    return false;
  }
  version = static_cast<int>(number);
  if (version == kSnmpV3) return ReadVersion3(fields, cut);
  community = !fields.Octets().empty();
  return ReadPdu(fields);
}

bool SnmpMessage::ReadVersion3(BerReader fields, bool cut) {
  BerReader header = fields.Enter(kBerSequence);
  // msgID, msgMaxSize.
  header.Integer();
  header.Integer();
  const Bytes flags = header.Octets();
  const int64_t model = header.Integer();
  if (!header.ok() || flags.size() != 1) return false;
  security = flags[0] & 3;
  const Bytes parameters = fields.Octets();
  if (!fields.ok()) return false;
  if (model == kUserSecurityModel) {
    // RFC 3414 2.4: engine, boots, time, user.
    BerReader user_model = BerReader(parameters, cut).Enter(kBerSequence);
    user_model.Octets();
    user_model.Integer();
    user_model.Integer();
    user = MaskedName(TextOf(user_model.Octets()));
    if (!user_model.ok()) return false;
  }
  if ((security & kEncryptedFlag) != 0) {
    pdu = SnmpPdu::kEncrypted;
    fields.Octets();
    return fields.ok();
  }
  BerReader scoped = fields.Enter(kBerSequence);
  // contextEngineID, contextName.
  scoped.Octets();
  scoped.Octets();
  return ReadPdu(scoped);
}

bool SnmpMessage::ReadPdu(BerReader parent) {
  const BerTag tag = parent.Peek();
  if (!parent.ok() || tag < BerContextOf(0) || tag > BerContextOf(8)) {
    return false;
  }
  pdu = static_cast<SnmpPdu>(tag - BerContextOf(0));
  BerReader fields = parent.Enter(tag);
  if (pdu == SnmpPdu::kTrapV1) return ReadTrapV1(fields);
  // request-id, error-status, error-index.
  fields.Integer();
  const int64_t status = fields.Integer();
  fields.Integer();
  BerReader variables = fields.Enter(kBerSequence);
  if (!variables.ok()) return false;
  const bool notifies = pdu == SnmpPdu::kTrap || pdu == SnmpPdu::kInform;
  if (pdu == SnmpPdu::kResponse) error = static_cast<int>(status);
  if (pdu == SnmpPdu::kReport) {
    oid = variables.Enter(kBerSequence).Oid();
  } else if (notifies) {
    constexpr int kMaxBefore = 4;
    for (int i = 0; i < kMaxBefore && !variables.AtEnd(); ++i) {
      BerReader variable = variables.Enter(kBerSequence);
      if (variable.Oid() == kTrapOid) oid = variable.Oid();
      if (!oid.empty() || !variable.ok()) break;
    }
  }
  return true;
}

bool SnmpMessage::ReadTrapV1(BerReader fields) {
  constexpr int64_t kEnterpriseSpecific = 6;
  const std::string enterprise = fields.Oid();
  // Address of the agent.
  fields.Skip();
  const int64_t generic = fields.Integer();
  const int64_t specific = fields.Integer();
  if (!fields.ok() || generic < 0 || generic > kEnterpriseSpecific) {
    return false;
  }
  // As RFC 3584 3.1 translates it.
  oid = generic == kEnterpriseSpecific
            ? absl::StrCat(enterprise, ".0.", specific)
            : absl::StrCat(kGenericTraps, generic + 1);
  return true;
}

}  // namespace tapline
