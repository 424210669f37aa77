#include "sensord/analyzers/greeting.h"

#include "sensord/event/fields/greeting.h"

namespace tapline {

namespace field = fields::greeting;

size_t Greeting::MemoryBytes() const {
  return server_software.capacity() + server_version.capacity() +
         client_software.capacity() + host.capacity() + request.capacity() +
         auth_mechanism.capacity();
}

void TellGreeting(Protocol protocol, const Greeting& greeting,
                  AnalyzerOutput& out) {
  EventWriter event = out.NewEvent(field::kEvent);
  event.SetSafe(field::kProtocol, ProtocolName(protocol));
  event.Set(field::kServerSoftware, greeting.server_software);
  event.Set(field::kServerVersion, greeting.server_version);
  event.Set(field::kClientSoftware, greeting.client_software);
  event.Set(field::kHost, greeting.host);
  event.Set(field::kRequest, greeting.request);
  event.Set(field::kStarttls, greeting.starttls);
  event.Set(field::kAuthMechanism, greeting.auth_mechanism);
  event.Set(field::kLogin, static_cast<uint64_t>(greeting.login));
  event.SetTrue(field::kCleartextPassword, greeting.cleartext_password);
}

}  // namespace tapline
