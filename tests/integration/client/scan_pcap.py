"""A capture file with one port scan, made without any tool."""

import struct

SOURCE, TARGET = b"\xc0\x00\x02\x07", b"\xc0\x00\x02\x08"


def checksum(data):
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(source, target, ports, flags):
    tcp = struct.pack(">HHIIBBHHH", ports[0], ports[1], 1, 1, 0x50, flags,
                      1024, 0, 0)
    pseudo = source + target + struct.pack(">BBH", 0, 6, len(tcp))
    tcp = tcp[:16] + struct.pack(">H", checksum(pseudo + tcp)) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + source + target
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return b"\x02" * 6 + b"\x04" * 6 + b"\x08\x00" + ip + tcp


def write(path, ports=60, start=1700000000):
    """SYN to each port, answered by RST, 10 ms apart."""
    with open(path, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        for i in range(ports):
            probes = [frame(SOURCE, TARGET, (40000 + i, 1 + i), 0x02),
                      frame(TARGET, SOURCE, (1 + i, 40000 + i), 0x14)]
            for j, data in enumerate(probes):
                at = start * 1000000 + i * 10000 + j * 100
                out.write(struct.pack("<IIII", at // 1000000, at % 1000000,
                                      len(data), len(data)) + data)
