#!/usr/bin/python3
"""No RPC tells a secret that was on the wire, also not of an open flow.

Clients send credentials and what identifies people to a web server: some of
the connections end, others stay open. Then every method of every service is
asked over gRPC, as a program does that prints nothing itself, and no answer
may hold what was planted. A method that this test does not know fails it.
Needs root, python3-grpcio and protobuf-compiler-grpc.
"""

import argparse
import os
import shutil
import sys
import tempfile

# gRPC's own handling of fork ends the process now and then.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.dirname(HERE))

import lab as labs
from checks import check, until, verdict

try:
    import grpc
    import stubs
except ImportError:
    grpc = None

PORT = 8080
PLANTED = ["ghp_0123456789abcdefghij", "hunter2hunter2", "s3ss10nvalue99",
           "ann.smith", "+49 30 1234567"]
REQUEST = (
    "GET /x?token=hunter2hunter2 HTTP/1.1\r\n"
    "Host: ghp_0123456789abcdefghij.example.com\r\n"
    "User-Agent: tool/1.0 (ann.smith@corp.example; +49 30 1234567)\r\n"
    "Authorization: Bearer hunter2hunter2\r\n\r\n")
ANSWER = (
    "HTTP/1.1 200 OK\r\nServer: srv token=hunter2hunter2\r\n"
    "Set-Cookie: session_id=s3ss10nvalue99\r\nContent-Length: 0\r\n\r\n")

SERVER = """
import socket, sys
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
kept = []
while True:
    kept.append(listener.accept()[0])
    kept[-1].recv(65536)
    kept[-1].sendall(sys.argv[3].encode())
"""
# Three requests: one connection is reset, two stay; then a scan.
CLIENT = """
import socket, struct, sys, time
address = (sys.argv[1], int(sys.argv[2]))
kept = []
for _ in range(3):
    kept.append(socket.create_connection(address))
    kept[-1].sendall(sys.argv[3].encode())
    kept[-1].recv(65536)
kept[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
kept.pop(0).close()
for port in range(100, 300):
    with socket.socket() as probe:
        probe.settimeout(1)
        probe.connect_ex((sys.argv[1], port))
time.sleep(600)
"""


def talk(lab):
    lab.start("b", [sys.executable, "-c", SERVER, lab.address_b, str(PORT),
                    ANSWER])
    until(lambda: lab.run("b", "ss -Hltn sport = :%d" % PORT).stdout, 10,
          "the server is up")
    lab.start("a", [sys.executable, "-c", CLIENT, lab.address_b, str(PORT),
                    REQUEST])


class Program:
    """A gRPC client that keeps all that it is told."""

    def __init__(self, sensor):
        import importlib
        self.channel = grpc.insecure_channel(
            sensor.address.replace("unix://", "unix:"))
        self.said = []
        self.asked = set()
        self.services = {}
        for name in ("sensor", "observe", "history", "policy"):
            stem = "tapline.v1.%s_service_pb2" % name
            module = importlib.import_module(stem)
            stubs_module = importlib.import_module(stem + "_grpc")
            for service in module.DESCRIPTOR.services_by_name.values():
                stub = getattr(stubs_module, service.name + "Stub")(
                    self.channel)
                for method in service.methods:
                    self.services[method.name] = (stub, method, module)

    def close(self):
        self.channel.close()

    def ask(self, name, /, refused=None, seconds=20, **fields):
        """One answer, or those that a stream gives in `seconds`."""
        stub, method, module = self.services[name]
        self.asked.add(name)
        request = getattr(module, method.input_type.name)(**fields)
        streams = name.startswith("Watch") or name == "StartReplay"
        answers = []
        try:
            call = getattr(stub, name)(request, timeout=seconds)
            for answer in call if streams else [call]:
                answers.append(answer)
        except grpc.RpcError as error:
            self.said.append(error.details())
            over = streams and \
                error.code() == grpc.StatusCode.DEADLINE_EXCEEDED
            check(over or refused == error.code().name, "%s: %s %s" % (
                name, error.code(), error.details()))
        for answer in answers:
            # Text and bytes: a string field shows in both.
            self.said += [str(answer),
                          answer.SerializeToString().decode("latin-1")]
        return answers

    def one(self, name, /, **fields):
        return self.ask(name, **fields)[0]


def of_port(records):
    return [record for record in records
            if record.flow.responder.port == PORT]


def ask_history(program):
    def open_flows():
        found = of_port(program.one("ListFlows", open=True,
                                    page_size=1000).records)
        return found if len(found) >= 2 else None
    opened = until(open_flows, 10, "two flows are open")
    check(all("[redacted:" in record.flow.application.host
              for record in opened), "no host with something redacted")

    def ended_flows():
        return of_port(program.one("ListFlows", page_size=1000).records)
    # A live sensor tells a connection's end when its ports have rested.
    ended = until(ended_flows, 20, "a flow has ended")
    for record in opened + ended:
        flow = record.flow
        program.ask("GetFlow", id=flow.id, findings=True)
        program.ask("GetTimeline", id=flow.id)
        program.ask("FollowStream", id=flow.id)
        program.ask("ListExpertInfo", flow_id=flow.id)
        program.ask("GetConversation", id=flow.conversation_id)
    program.ask("ListFlows", has_alert=True, open=True)
    program.ask("ListFlows", order_by="bytes desc", open=True)
    program.ask("ListExpertInfo", limit=1000)
    program.ask("ListConversations")
    program.ask("GetProtocolSummary")
    program.ask("GetStats")
    program.ask("ListTopTalkers")
    events = program.one("ListEvents", page_size=1000).records
    check(any(record.event.WhichOneof("kind") or record.event.flow_id
              for record in events), "no events")


def ask_alerts(program):
    alerts = until(lambda: program.one("ListAlerts").records, 20, "an alert")
    told = alerts[0].alert.id
    program.ask("GetAlert", id=told)
    program.ask("AcknowledgeAlert", id=told,
                note="the password=hunter2hunter2 again")
    program.ask("GetAlert", id=told)


def ask_packets(program, full):
    packets = program.one("ListPackets", page_size=1000).records
    asked = [record.packet.ordinal for record in packets
             if record.packet.payload_bytes > 0][-6:]
    check(asked, "no packets with payload")
    refused = None if full else "FAILED_PRECONDITION"
    for ordinal in asked:
        program.ask("GetPacket", ordinal=ordinal)
        program.ask("GetPacketBytes", ordinal=ordinal, refused=refused)
    if full:
        for record in of_port(program.one("ListFlows", open=True,
                                          page_size=1000).records):
            program.ask("FollowStream", id=record.flow.id, previews=True)


def ask_streams(program):
    since = {"range": {"since": {"seconds": 1}}, "follow": True}
    program.ask("WatchAlerts", seconds=2, range=since, include_updates=True)
    program.ask("WatchEvents", seconds=2, range=since)
    program.ask("WatchPackets", seconds=2, range=since)
    program.ask("WatchStats", seconds=2, range=since)
    answers = program.ask("WatchFlows", seconds=4, range=since,
                          snapshot_interval={"seconds": 1})
    open_ones = [a.record for a in answers if a.HasField("record") and
                 a.record.flow.responder.port == PORT]
    check(len(open_ones) >= 3, "no snapshots in the stream")


def ask_policy(program):
    program.ask("GetSettings")
    program.ask("UpdateSettings", validate_only=True,
                refused="INVALID_ARGUMENT")
    program.ask("ListRules")
    program.ask("ListSuppressions")
    program.ask("CreateSuppression", validate_only=True,
                refused="INVALID_ARGUMENT")
    program.ask("DeleteSuppression", id="0123456789abcdef",
                refused="NOT_FOUND")
    program.ask("ListFilters")
    program.ask("SaveFilter", refused="INVALID_ARGUMENT")
    program.ask("DeleteFilter", name="none", refused="NOT_FOUND")


def ask_sensor(program):
    for name in ("GetStatus", "ListInterfaces", "GetLoss", "ListReplays"):
        program.ask(name)
    program.ask("StartReplay", files=["/no/such/file"],
                refused="NOT_FOUND")
    program.ask("StopReplay", source_id="none", refused="NOT_FOUND")
    program.ask("StartCapture", interface="none0",
                refused="NOT_FOUND")


FULL = "packets:\n  mode: full\n  full_for: 30m\n"


def claims(binaries, full):
    with labs.Lab() as lab, \
            labs.Sensor(lab, binaries, FULL if full else None) as sensor:
        talk(lab)
        program = Program(sensor)
        try:
            ask_history(program)
            ask_alerts(program)
            ask_packets(program, full)
            ask_streams(program)
            ask_policy(program)
            ask_sensor(program)
            program.ask("StopCapture")
        finally:
            program.close()
        check(program.asked == set(program.services), "not asked: %s" %
              sorted(set(program.services) - program.asked))
        for secret in PLANTED:
            said = next((s for s in program.said if secret in s), None)
            check(said is None, "%s was told: %s" % (secret, said))
        print("ok: %d answers, %s" % (len(program.said),
                                      "full" if full else "metadata"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="folder of the programs")
    binaries = os.path.abspath(parser.parse_args().bin)
    if grpc is None or not labs.can_make_namespaces() or \
            not os.path.exists("/usr/bin/grpc_python_plugin"):
        print("skipped: needs root, ip netns, python3-grpcio, "
              "protobuf-compiler-grpc")
        return labs.SKIP
    generated = tempfile.mkdtemp(prefix="tapline-stubs-")
    try:
        stubs.generate(generated)

        def both():
            claims(binaries, False)
            claims(binaries, True)
        return verdict(both)
    finally:
        shutil.rmtree(generated)


if __name__ == "__main__":
    sys.exit(main())
