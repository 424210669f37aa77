// What Initials bring: the hellos of both sides, and why a side closes.

#include "sensord/analyzers/gquic.h"
#include "sensord/analyzers/masked_url.h"
#include "sensord/analyzers/quic_connection.h"
#include "sensord/analyzers/server_name.h"
#include "sensord/analyzers/tls_handshake.h"
#include "sensord/analyzers/tls_stream.h"

namespace tapline {

void QuicConnection::OnPayload(Bytes payload, bool client,
                               const Segment& segment, AnalyzerOutput& out) {
  QuicFrameReader frames(payload);
  QuicFrame frame;
  while (frames.Next(&frame)) {
    if (frame.kind == QuicFrame::kCrypto) {
      OnCrypto(frame, client, out);
      continue;
    }
    if (state_ == State::kClosed) {
      // The other side's answer, or the same again.
      over_ |= client == close_from_server_;
      continue;
    }
    close_code_ = frame.code;
    close_reason_ = MaskedProduct(frame.reason);
    close_from_server_ = !client;
    state_ = State::kClosed;
    end_ = segment.clock;
  }
  if (!frames.ok()) out.Anomaly("quic.bad_frame");
}

void QuicConnection::OnCrypto(const QuicFrame& frame, bool client,
                              AnalyzerOutput& out) {
  const int side = client ? 0 : 1;
  if (hello_done_[side]) return;
  RangeBuffer& buffer = crypto_[side];
  // As a rule one frame has it all.
  if (frame.offset == 0 && buffer.empty() &&
      OnHandshake(frame.data, client, out)) {
    hello_done_[side] = true;
    return;
  }
  switch (buffer.Add(frame.offset, frame.data)) {
    case RangeBuffer::Result::kAdded:
      break;
    case RangeBuffer::Result::kDiffers:
      out.Anomaly("quic.crypto_overlap_diff");
      out.Ambiguous();
      break;
    case RangeBuffer::Result::kTooFar:
      out.Anomaly("quic.crypto_oversize");
      return;
    case RangeBuffer::Result::kTooMany:
      out.Anomaly("quic.crypto_scattered");
      return;
  }
  hello_done_[side] = OnHandshake(buffer.Ready(), client, out);
  if (hello_done_[side]) buffer.Clear();
}

bool QuicConnection::OnHandshake(Bytes bytes, bool client,
                                 AnalyzerOutput& out) {
  if (QuicVersionOf(keys_[0].version).google_crypto) {
    return client && OnGoogleHello(bytes, out);
  }
  TlsMessageReader messages;
  TlsMessageReader::Message message;
  switch (messages.Next(&bytes, &message)) {
    case TlsMessageReader::Result::kMore:
      return false;
    case TlsMessageReader::Result::kOversize:
      out.Anomaly("quic.crypto_oversize");
      return true;
    case TlsMessageReader::Result::kMessage:
      break;
  }
  if (client) {
    TlsClientHello hello;
    if (message.type != tls_message::kClientHello ||
        !hello.Read(message.body, false)) {
      out.Anomaly("tls.hello_malformed");
      return true;
    }
    client_ = TlsClientFacts(hello, TlsCarrier::kQuic);
    NoteClientHello(hello, client_, out);
    return true;
  }
  TlsServerHello hello;
  if (message.type != tls_message::kServerHello || !hello.Read(message.body)) {
    out.Anomaly("tls.hello_malformed");
    return true;
  }
  server_ = TlsServerFacts(hello);
  return true;
}

bool QuicConnection::OnGoogleHello(Bytes bytes, AnalyzerOutput& out) {
  GoogleHello hello;
  if (!hello.Find(bytes) || hello.cut) return false;
  client_.sni = std::string(TextOf(hello.sni));
  user_agent_ = MaskedProduct(TextOf(hello.user_agent));
  CheckSni(client_.sni, out);
  if (!client_.sni.empty()) out.Host(HostOfSni(client_.sni));
  return true;
}

}  // namespace tapline
