#include "sensord/analyzers/dcerpc_names.h"

#include "absl/strings/str_cat.h"

namespace tapline {
namespace {

struct Interface {
  absl::string_view uuid;
  absl::string_view name;
};

// From the Microsoft Open Specifications of each.
constexpr Interface kInterfaces[] = {
    {"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "epmapper"},
    {"afa8bd80-7d8a-11c9-bef4-08002b102989", "mgmt"},
    {"12345778-1234-abcd-ef00-0123456789ab", "lsarpc"},
    {"12345778-1234-abcd-ef00-0123456789ac", "samr"},
    {"12345678-1234-abcd-ef00-01234567cffb", "netlogon"},
    {"12345678-1234-abcd-ef00-0123456789ab", "spoolss"},
    {"76f03f96-cdfd-44fc-a22c-64950a001209", "winspool"},
    {"ae33069b-a2a8-46ee-a235-ddfd339be281", "par_object"},
    {"4b324fc8-1670-01d3-1278-5a47bf6ee188", "srvsvc"},
    {"6bffd098-a112-3610-9833-46c3f87e345a", "wkssvc"},
    {"367abb81-9844-35f1-ad32-98f038001003", "svcctl"},
    {"338cd001-2244-31f1-aaaa-900038001003", "winreg"},
    {"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "drsuapi"},
    {"1ff70682-0a51-30e8-076d-740be8cee98b", "atsvc"},
    {"378e52b0-c0a9-11cf-822d-00aa0051e40f", "sasec"},
    {"86d35949-83c9-4044-b424-db363231fd0c", "taskschd"},
    {"82273fdc-e32a-18c3-3f78-827929dc23ea", "eventlog"},
    {"f6beaff7-1e19-4fbb-9f8f-b89e2018337c", "eventlog6"},
    {"894de0c0-0d55-11d3-a322-00c04fa321a1", "initshutdown"},
    {"d95afe70-a6d5-4259-822e-2c84da1ddb0d", "windowsshutdown"},
    {"99fcfec4-5260-101b-bbcb-00aa0021347a", "oxid_resolver"},
    {"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "remote_activation"},
    {"000001a0-0000-0000-c000-000000000046", "system_activator"},
    {"00000131-0000-0000-c000-000000000046", "rem_unknown"},
    {"00000143-0000-0000-c000-000000000046", "rem_unknown2"},
    {"f309ad18-d86a-11d0-a075-00c04fb68820", "wbem_level1_login"},
    {"9556dc99-828c-11cf-a37e-00aa003240c7", "wbem_services"},
    {"d4781cd6-e5d3-44df-ad94-930efe48a887", "wbem_login_client_id"},
    {"1c1c45ee-4395-11d2-b60b-00104b703efd", "wbem_fetch_smart_enum"},
    {"423ec01e-2e35-11d2-b604-00104b703efd", "wbem_wco_smart_enum"},
    {"c681d488-d850-11d0-8c52-00c04fd90f7e", "efsrpc"},
    {"df1941c5-fe89-4e79-bf10-463657acf44d", "efsrpc"},
    {"4fc742e0-4a10-11cf-8273-00aa004ae673", "netdfs"},
    {"3919286a-b10c-11d0-9ba8-00c04fd92ef5", "dssetup"},
    {"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dnsserver"},
    {"3dde7c30-165d-11d1-ab8f-00805f14db40", "backupkey"},
    {"17fdd703-1827-4e34-79d4-24a55c53bb37", "msgsvc"},
    {"5a7b91f8-ff00-11d0-a9b2-00c04fb6e6fc", "msgsvcsend"},
    {"300f3532-38cc-11d0-a3f0-0020af6b0add", "trkwks"},
    {"45f52c28-7f9f-101a-b52b-08002b2efabe", "winsif"},
    {"f5cc5a18-4264-101a-8c59-08002b2f8426", "nspi"},
    {"1544f5e0-613c-11d1-93df-00c04fd7bd09", "rfr"},
    {"a4f1db00-ca47-1067-b31f-00dd010662da", "emsmdb"},
    {"5261574a-4572-206e-b268-6b199213b4e4", "async_emsmdb"},
    {"dea00001-6c97-11d1-8271-00a02442df7d", "profinet_device"},
    {"dea00002-6c97-11d1-8271-00a02442df7d", "profinet_controller"},
    {"dea00003-6c97-11d1-8271-00a02442df7d", "profinet_supervisor"},
    {"dea00004-6c97-11d1-8271-00a02442df7d", "profinet_parameter_server"},
};

struct Operation {
  absl::string_view interface;
  uint16_t opnum;
  absl::string_view name;
};

constexpr Operation kOperations[] = {
    {"epmapper", 2, "ept_lookup"},
    {"epmapper", 3, "ept_map"},
    {"svcctl", 1, "RControlService"},
    {"svcctl", 2, "RDeleteService"},
    {"svcctl", 11, "RChangeServiceConfigW"},
    {"svcctl", 12, "RCreateServiceW"},
    {"svcctl", 14, "REnumServicesStatusW"},
    {"svcctl", 15, "ROpenSCManagerW"},
    {"svcctl", 16, "ROpenServiceW"},
    {"svcctl", 19, "RStartServiceW"},
    {"svcctl", 24, "RCreateServiceA"},
    {"svcctl", 27, "ROpenSCManagerA"},
    {"svcctl", 28, "ROpenServiceA"},
    {"svcctl", 31, "RStartServiceA"},
    {"samr", 5, "SamrLookupDomainInSamServer"},
    {"samr", 6, "SamrEnumerateDomainsInSamServer"},
    {"samr", 7, "SamrOpenDomain"},
    {"samr", 11, "SamrEnumerateGroupsInDomain"},
    {"samr", 13, "SamrEnumerateUsersInDomain"},
    {"samr", 15, "SamrEnumerateAliasesInDomain"},
    {"samr", 25, "SamrGetMembersInGroup"},
    {"samr", 33, "SamrGetMembersInAlias"},
    {"samr", 34, "SamrOpenUser"},
    {"samr", 40, "SamrQueryDisplayInformation"},
    {"samr", 50, "SamrCreateUser2InDomain"},
    {"samr", 55, "SamrUnicodeChangePasswordUser2"},
    {"samr", 57, "SamrConnect2"},
    {"samr", 58, "SamrSetInformationUser2"},
    {"samr", 62, "SamrConnect4"},
    {"samr", 64, "SamrConnect5"},
    {"lsarpc", 6, "LsarOpenPolicy"},
    {"lsarpc", 14, "LsarLookupNames"},
    {"lsarpc", 15, "LsarLookupSids"},
    {"lsarpc", 42, "LsarStorePrivateData"},
    {"lsarpc", 43, "LsarRetrievePrivateData"},
    {"lsarpc", 44, "LsarOpenPolicy2"},
    {"lsarpc", 57, "LsarLookupSids2"},
    {"lsarpc", 58, "LsarLookupNames2"},
    {"netlogon", 2, "NetrLogonSamLogon"},
    {"netlogon", 4, "NetrServerReqChallenge"},
    {"netlogon", 15, "NetrServerAuthenticate2"},
    {"netlogon", 26, "NetrServerAuthenticate3"},
    {"netlogon", 29, "NetrLogonGetDomainInfo"},
    {"netlogon", 30, "NetrServerPasswordSet2"},
    {"netlogon", 34, "DsrGetDcNameEx2"},
    {"netlogon", 39, "NetrLogonSamLogonEx"},
    {"netlogon", 45, "NetrLogonSamLogonWithFlags"},
    {"drsuapi", 0, "IDL_DRSBind"},
    {"drsuapi", 3, "IDL_DRSGetNCChanges"},
    {"drsuapi", 4, "IDL_DRSUpdateRefs"},
    {"drsuapi", 5, "IDL_DRSReplicaAdd"},
    {"drsuapi", 12, "IDL_DRSCrackNames"},
    {"drsuapi", 16, "IDL_DRSDomainControllerInfo"},
    {"drsuapi", 17, "IDL_DRSAddEntry"},
    {"srvsvc", 12, "NetrSessionEnum"},
    {"srvsvc", 14, "NetrShareAdd"},
    {"srvsvc", 15, "NetrShareEnum"},
    {"srvsvc", 16, "NetrShareGetInfo"},
    {"srvsvc", 18, "NetrShareDel"},
    {"srvsvc", 21, "NetrServerGetInfo"},
    {"wkssvc", 0, "NetrWkstaGetInfo"},
    {"wkssvc", 2, "NetrWkstaUserEnum"},
    {"winreg", 2, "OpenLocalMachine"},
    {"winreg", 4, "OpenUsers"},
    {"winreg", 6, "BaseRegCreateKey"},
    {"winreg", 20, "BaseRegSaveKey"},
    {"winreg", 22, "BaseRegSetValue"},
    {"winreg", 24, "BaseInitiateSystemShutdown"},
    {"atsvc", 0, "NetrJobAdd"},
    {"atsvc", 1, "NetrJobDel"},
    {"atsvc", 2, "NetrJobEnum"},
    {"taskschd", 1, "SchRpcRegisterTask"},
    {"taskschd", 7, "SchRpcEnumTasks"},
    {"taskschd", 12, "SchRpcRun"},
    {"taskschd", 13, "SchRpcDelete"},
    {"eventlog", 0, "ElfrClearELFW"},
    {"initshutdown", 0, "BaseInitiateShutdown"},
    {"windowsshutdown", 0, "WsdrInitiateShutdown"},
    {"oxid_resolver", 0, "ResolveOxid"},
    {"oxid_resolver", 3, "ServerAlive"},
    {"oxid_resolver", 4, "ResolveOxid2"},
    {"oxid_resolver", 5, "ServerAlive2"},
    {"remote_activation", 0, "RemoteActivation"},
    {"system_activator", 3, "RemoteGetClassObject"},
    {"system_activator", 4, "RemoteCreateInstance"},
    {"wbem_level1_login", 6, "NTLMLogin"},
    {"wbem_services", 20, "ExecQuery"},
    {"wbem_services", 24, "ExecMethod"},
    {"spoolss", 1, "RpcOpenPrinter"},
    {"spoolss", 62, "RpcRemoteFindFirstPrinterChangeNotification"},
    {"spoolss", 65, "RpcRemoteFindFirstPrinterChangeNotificationEx"},
    {"spoolss", 69, "RpcOpenPrinterEx"},
    {"spoolss", 89, "RpcAddPrinterDriverEx"},
    {"efsrpc", 0, "EfsRpcOpenFileRaw"},
    {"efsrpc", 4, "EfsRpcEncryptFileSrv"},
    {"efsrpc", 5, "EfsRpcDecryptFileSrv"},
    {"efsrpc", 6, "EfsRpcQueryUsersOnFile"},
    {"efsrpc", 7, "EfsRpcQueryRecoveryAgents"},
    {"netdfs", 12, "NetrDfsAddStdRoot"},
    {"netdfs", 13, "NetrDfsRemoveStdRoot"},
    {"backupkey", 0, "BackuprKey"},
};

struct Code {
  uint32_t number;
  const char* name;
};

constexpr Code kFaults[] = {
    {0x00000005, "access_denied"},
    {0x000006d1, "rpc_s_procnum_out_of_range"},
    {0x000006f7, "rpc_x_bad_stub_data"},
    {0x1c000001, "nca_s_fault_int_div_by_zero"},
    {0x1c000002, "nca_s_fault_addr_error"},
    {0x1c000009, "nca_s_fault_invalid_tag"},
    {0x1c00000b, "nca_s_fault_remote_comm_failure"},
    {0x1c00001a, "nca_s_fault_context_mismatch"},
    {0x1c00001b, "nca_s_fault_remote_no_memory"},
    {0x1c010001, "nca_s_comm_failure"},
    {0x1c010002, "nca_s_op_rng_error"},
    {0x1c010003, "nca_s_unk_if"},
    {0x1c010006, "nca_s_wrong_boot_time"},
    {0x1c010009, "nca_s_you_crashed"},
    {0x1c01000b, "nca_s_proto_error"},
    {0x1c010013, "nca_s_out_args_too_big"},
    {0x1c010014, "nca_s_server_too_busy"},
    {0x1c010017, "nca_s_unsupported_type"},
};

}  // namespace

absl::string_view DcerpcInterfaceName(absl::string_view uuid) {
  for (const Interface& row : kInterfaces) {
    if (row.uuid == uuid) return row.name;
  }
  return "";
}

absl::string_view DcerpcOperationName(absl::string_view interface,
                                      uint16_t opnum) {
  for (const Operation& row : kOperations) {
    if (row.opnum == opnum && row.interface == interface) return row.name;
  }
  return "";
}

std::string DcerpcFaultName(uint32_t status) {
  for (const Code& row : kFaults) {
    if (row.number == status) return row.name;
  }
  return absl::StrCat("0x", absl::Hex(status, absl::kZeroPad8));
}

std::string DcerpcRefusalName(uint16_t reason) {
  switch (reason) {
    case 0:
      return "reason_not_specified";
    case 1:
      return "temporary_congestion";
    case 2:
      return "local_limit_exceeded";
    case 4:
      return "protocol_version_not_supported";
    case 8:
      return "authentication_type_not_recognized";
    case 9:
      return "invalid_checksum";
    default:
      return absl::StrCat("reason ", reason);
  }
}

std::string DcerpcAuthTypeName(uint8_t type) {
  switch (type) {
    case 0:
      return "";
    case 9:
      return "spnego";
    case 10:
      return "ntlm";
    case 14:
      return "schannel";
    case 16:
      return "kerberos";
    case 68:
      return "netlogon";
    default:
      return absl::StrCat("type ", type);
  }
}

absl::string_view DcerpcAuthLevelName(uint8_t level) {
  constexpr absl::string_view kNames[] = {
      "", "", "connect", "call", "packet", "integrity", "privacy"};
  return level < std::size(kNames) ? kNames[level] : "";
}

}  // namespace tapline
