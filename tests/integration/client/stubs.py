"""Python stubs of tapline's API, generated into a temporary folder."""

import glob
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HERE)))
PROTO = os.path.join(ROOT, "proto")


def generate(folder):
    """Generates all stubs into `folder` and makes them importable."""
    files = glob.glob(os.path.join(PROTO, "tapline/v1/*.proto"))
    files += glob.glob(os.path.join(PROTO, "google/rpc/*.proto"))
    files.append(os.path.join(HERE, "reflection.proto"))
    subprocess.run(
        ["protoc", "-I", PROTO, "-I", HERE, "--python_out=" + folder,
         "--grpc_python_out=" + folder,
         "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin"]
        + files, check=True)
    # The `google` of protobuf is a package already: give it our folder too.
    import google
    google.__path__.append(os.path.join(folder, "google"))
    sys.path.insert(0, folder)
