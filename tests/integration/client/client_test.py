#!/usr/bin/python3
"""A Python gRPC client against the real sensord.

Lists the services by reflection, watches alerts of a replayed scan, resumes
from a cursor, also after a restart, and is refused with a reason as another
user without a role. Needs root, python3-grpcio and protobuf-compiler-grpc.
"""

import argparse
import grp
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

# gRPC's own handling of fork ends the process now and then.
os.environ["GRPC_ENABLE_FORK_SUPPORT"] = "0"

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
SKIP = 77
BINARIES = None

try:
    import grpc
    import scan_pcap
    import stubs
except ImportError:
    grpc = None


class Sensor:
    """A sensord that captures nothing, in a folder of its own."""

    def __init__(self, config=""):
        self.folder = tempfile.mkdtemp(prefix="tapline-client-")
        os.chmod(self.folder, 0o755)
        self.socket = os.path.join(self.folder, "run", "sensord.sock")
        self.config = os.path.join(self.folder, "sensord.yaml")
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(config)
        self.child = None
        self.start()

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.child = subprocess.Popen(
                [os.path.join(BINARIES, "sensord"), "--config", self.config,
                 "--listen", "unix://" + self.socket, "--no-capture",
                 "--data-dir", os.path.join(self.folder, "data")],
                stdout=log, stderr=log)
        channel = self.channel()
        grpc.channel_ready_future(channel).result(timeout=30)
        channel.close()

    def stop(self):
        """Seconds that a graceful stop took."""
        begin = time.monotonic()
        self.child.send_signal(signal.SIGTERM)
        self.child.wait(timeout=20)
        return time.monotonic() - begin

    def close(self):
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        shutil.rmtree(self.folder)

    def channel(self):
        return grpc.insecure_channel(
            "unix:" + self.socket,
            options=[("grpc.use_local_subchannel_pool", 1)])


def error_info(error):
    """The one ErrorInfo of a failed call."""
    from google.rpc import error_details_pb2, status_pb2
    for key, value in error.trailing_metadata():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            info = error_details_pb2.ErrorInfo()
            assert len(status.details) == 1
            assert status.details[0].Unpack(info)
            return info
    raise AssertionError("no details in %s" % error)


def as_nobody(function):
    """What `function` returned, as text, run by user nobody."""
    # The checkout may be in a place that only its owner can read.
    readable = function.split(",")[1]
    for name in os.listdir(HERE):
        if name.endswith(".py"):
            shutil.copy(os.path.join(HERE, name), readable)
    script = os.path.join(readable, os.path.basename(__file__))
    user = pwd.getpwnam("nobody")
    done = subprocess.run(
        ["/usr/bin/python3", script, "--as-other", function],
        stdout=subprocess.PIPE, text=True, check=True, timeout=120,
        user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    return done.stdout.strip()


def call_as_other(argument):
    """Prints what two calls give: "status stop", each OK or a reason."""
    socket, generated = argument.split(",")
    sys.path.insert(0, generated)
    import google
    google.__path__.append(os.path.join(generated, "google"))
    from tapline.v1 import sensor_service_pb2 as pb
    from tapline.v1 import sensor_service_pb2_grpc as service
    stub = service.SensorServiceStub(grpc.insecure_channel("unix:" + socket))
    answers = []
    for call, request in ((stub.GetStatus, pb.GetStatusRequest()),
                          (stub.StopCapture, pb.StopCaptureRequest())):
        try:
            call(request, timeout=20)
            answers.append("OK")
        except grpc.RpcError as error:
            answers.append(error.code().name + ":" + error_info(error).reason)
    print(" ".join(answers))


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.generated = tempfile.mkdtemp(prefix="tapline-stubs-")
        os.chmod(cls.generated, 0o755)
        stubs.generate(cls.generated)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.generated)

    def sensor(self, config=""):
        sensor = Sensor(config)
        self.addCleanup(sensor.close)
        return sensor

    def replay(self, channel, sensor, source):
        """Replays a scan to its end."""
        from tapline.v1 import sensor_service_pb2 as pb
        from tapline.v1 import sensor_service_pb2_grpc as service
        path = os.path.join(sensor.folder, source + ".pcap")
        scan_pcap.write(path)
        progress = list(service.SensorServiceStub(channel).StartReplay(
            pb.StartReplayRequest(files=[path], source_id=source),
            timeout=60))
        self.assertEqual(progress[-1].replay.state, pb.REPLAY_STATE_DONE,
                         progress[-1])

    def watch(self, channel, source, **range_fields):
        from tapline.v1 import observe_service_pb2 as pb
        from tapline.v1 import observe_service_pb2_grpc as service
        request = pb.WatchAlertsRequest(
            selector={"source_ids": [source]},
            range=pb.WatchRange(follow=True, **range_fields))
        return service.ObserveServiceStub(channel).WatchAlerts(request,
                                                               timeout=60)

    def next_of(self, stream, kind):
        for answer in stream:
            if answer.WhichOneof("answer") == kind:
                return getattr(answer, kind)
        return self.fail("the stream ended")

    def test_reflection_lists_the_services(self):
        import reflection_pb2 as pb
        import reflection_pb2_grpc as service
        channel = self.sensor().channel()
        stub = service.ServerReflectionStub(channel)
        answers = stub.ServerReflectionInfo(
            iter([pb.ServerReflectionRequest(list_services="*"),
                  pb.ServerReflectionRequest(
                      file_containing_symbol="tapline.v1.ObserveService")]))
        names = {one.name for one in
                 next(answers).list_services_response.service}
        self.assertLessEqual(
            {"tapline.v1.SensorService", "tapline.v1.ObserveService",
             "tapline.v1.HistoryService", "tapline.v1.PolicyService",
             "grpc.health.v1.Health"}, names)
        files = next(answers).file_descriptor_response.file_descriptor_proto
        self.assertTrue(any(b"WatchAlerts" in one for one in files))

    def test_alert_arrives_and_its_cursor_resumes_after_it(self):
        sensor = self.sensor()
        channel = sensor.channel()
        stream = self.watch(channel, "one")
        self.assertTrue(self.next_of(stream, "checkpoint").live)
        self.replay(channel, sensor, "one")
        record = self.next_of(stream, "record")
        self.assertEqual(record.alert.rule, "port_scan")
        self.assertEqual(record.alert.source.address, "192.0.2.7")
        self.assertEqual(record.source_id, "one")
        cursor = self.next_of(stream, "checkpoint").cursor
        stream.cancel()
        # Nothing new after the cursor; with since, the alert from the store.
        again = self.watch(channel, "one", cursor=cursor)
        first = next(again)
        self.assertEqual(first.WhichOneof("answer"), "checkpoint")
        again.cancel()
        since = self.watch(channel, "one", range={"since": {"seconds": 1}})
        self.assertEqual(self.next_of(since, "record").alert.id,
                         record.alert.id)
        since.cancel()

    def test_cursor_survives_a_restart_and_the_stop_is_graceful(self):
        sensor = self.sensor()
        channel = sensor.channel()
        stream = self.watch(channel, "two")
        cursor = self.next_of(stream, "checkpoint").cursor
        self.replay(channel, sensor, "two")
        alert = self.next_of(stream, "record").alert
        took = sensor.stop()
        self.assertLess(took, 3)
        with self.assertRaises(grpc.RpcError) as refused:
            for _ in stream:
                pass
        self.assertEqual(refused.exception.code(),
                         grpc.StatusCode.UNAVAILABLE)
        self.assertEqual(error_info(refused.exception).reason,
                         "SHUTTING_DOWN")
        channel.close()
        sensor.start()
        resumed = self.watch(sensor.channel(), "two", cursor=cursor)
        self.assertEqual(self.next_of(resumed, "record").alert.id, alert.id)
        self.assertTrue(self.next_of(resumed, "checkpoint").live)
        resumed.cancel()

    def test_another_user_without_a_role_is_refused_with_a_reason(self):
        group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
        sensor = self.sensor("listen:\n  group: %s\n" % group)
        answer = as_nobody(sensor.socket + "," + self.generated)
        self.assertEqual(answer, "PERMISSION_DENIED:ROLE_REQUIRED "
                                 "PERMISSION_DENIED:ROLE_REQUIRED")

    def test_another_user_with_a_role_may_do_what_it_allows(self):
        group = grp.getgrgid(pwd.getpwnam("nobody").pw_gid).gr_name
        sensor = self.sensor(
            "listen:\n  group: %s\naccess:\n  roles:\n"
            "    - user: nobody\n      role: ROLE_READER\n" % group)
        answer = as_nobody(sensor.socket + "," + self.generated)
        self.assertEqual(answer, "OK PERMISSION_DENIED:ROLE_REQUIRED")


def main():
    global BINARIES
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin")
    parser.add_argument("--as-other")
    arguments = parser.parse_args()
    if arguments.as_other:
        call_as_other(arguments.as_other)
        return
    if grpc is None or os.geteuid() != 0 or \
            not os.path.exists("/usr/bin/grpc_python_plugin"):
        print("skipped: needs root, python3-grpcio, protobuf-compiler-grpc")
        sys.exit(SKIP)
    BINARIES = os.path.abspath(arguments.bin)
    unittest.main(argv=[sys.argv[0], "-v"])


if __name__ == "__main__":
    main()
