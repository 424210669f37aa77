"""E32 to E38: tags, labels, tunnels, extension headers, link types, ARP."""

import struct

import dns
from capture_file import LINK_COOKED, LINK_COOKED2, LINK_NULL, LINK_PPP, \
    LINK_PPPOE, LINK_RAW, LINK_WIFI, Trace
from cases_ip import A, A6, B, B6, question, trace_of
from frames import DESTINATION, ETHER_ARP, ETHER_BRIDGED, ETHER_IPV4, \
    ETHER_IPV6, ETHER_MPLS, ETHER_PPPOE, ETHER_QINQ, ETHER_VLAN, FRAGMENT, \
    GRE, HOP_BY_HOP, ICMP6, IP_IN_IP, IPV6_IN_IP, NO_NEXT, ROUTING, UDP, \
    arp, cooked, cooked2, erspan, ethernet, extension, fragment_header, \
    geneve, gre, gtp_u, icmp6, ipv4, ipv6, mpls, padded, pppoe, snap, udp, \
    vxlan

OUTER_A, OUTER_B = "10.0.0.1", "10.0.0.2"


def packet(name, ident=7):
    """An IPv4 packet with a DNS query."""
    return ipv4(A, B, UDP, question(ident, name))


def packet6(name):
    return ipv6(A6, B6, UDP, question(7, name, (A6, B6)))


# --- E32: VLAN tags ---------------------------------------------------------


def vlan_priority():
    """Id 0 is no network of its own: one flow with the untagged."""
    return trace_of(ethernet(packet("one.example", 1)),
                    ethernet(packet("two.example", 2), tags=(6 << 13,)))


def vlan_stacks():
    """802.1Q, 802.1ad around it, three, four."""
    return trace_of(
        ethernet(packet("one.example"), tags=(10,)),
        ethernet(packet("two.example"), tags=((ETHER_QINQ, 100), 10)),
        ethernet(packet("three.example"),
                 tags=((ETHER_QINQ, 100), (ETHER_QINQ, 200), 10)),
        ethernet(packet("four.example"), tags=((0x9100, 1), 2, 3, 4)))


def vlan_too_many():
    return trace_of(ethernet(packet("five.example"), tags=(1, 2, 3, 4, 5)),
                    ethernet(packet("zero.example"), tags=(0,) * 5),
                    ethernet(b"", ETHER_VLAN))


# --- E33: labels ------------------------------------------------------------


def mpls_depths():
    return trace_of(
        ethernet(mpls(packet("one.example"), [100]), ETHER_MPLS),
        ethernet(mpls(packet6("eight.example"), range(16, 24)), ETHER_MPLS),
        ethernet(mpls(packet("nine.example"), range(16, 25)), ETHER_MPLS))


def mpls_no_bottom():
    """The stack goes on to the end of the frame."""
    return trace_of(ethernet(mpls(b"", [16, 17, 18], bottom=False),
                             ETHER_MPLS))


def mpls_pseudowires():
    """Ethernet with and without control word (RFC 4385), to an address that
    begins as IPv4 does; and what is neither."""
    inner = ethernet(packet("wire.example"))
    four = ethernet(packet("four.example"),
                    destination=bytes.fromhex("450000000001"))
    return trace_of(
        ethernet(mpls(bytes(4) + inner, [100]), ETHER_MPLS),
        ethernet(mpls(inner, [100]), ETHER_MPLS),
        ethernet(mpls(four, [100]), ETHER_MPLS),
        ethernet(mpls(b"\x90" * 60, [100]), ETHER_MPLS))


# --- E34, E35: tunnels ------------------------------------------------------


def outer(protocol, payload):
    return ethernet(ipv4(OUTER_A, OUTER_B, protocol, payload))


def outer_udp(port, payload):
    return outer(UDP, udp(OUTER_A, OUTER_B, 50000, port, payload))


def teredo(payload):
    return outer_udp(3544, payload)


def tunnels():
    """One of each kind."""
    bridged = ethernet(packet("bridged.example"))
    to_teredo = ipv6("2001:0:c000:201::1", B6, UDP, udp(
        "2001:0:c000:201::1", B6, 5354, 53, dns.query(7, "teredo.example")))
    return trace_of(
        outer(GRE, gre(packet("gre.example"))),
        outer(GRE, gre(bridged, ETHER_BRIDGED, key=77)),
        outer(GRE, erspan(ethernet(packet("erspan.example")))),
        outer(IP_IN_IP, packet("ipip.example")),
        outer(IPV6_IN_IP, packet6("6in4.example")),
        outer_udp(4789, vxlan(bridged, 4096)),
        outer_udp(6081, geneve(bridged, 5, options=bytes(8))),
        outer_udp(6081, geneve(packet("geneve.example"), 6, ETHER_IPV4)),
        outer_udp(2152, gtp_u(packet("gtp.example"), 0xabc)),
        teredo(to_teredo),
        ethernet(ipv6(A6, B6, IPV6_IN_IP, packet6("ip6ip6.example"))))


def tunnel_guesses():
    """Ports of tunnels, contents that are none."""
    return trace_of(
        outer_udp(4789, b"\x08\0\0\0\0\0\1\0 not an Ethernet header at all"),
        outer_udp(6081, b"\0\0\x65\x58\0\0\1\0 not an Ethernet header at all"),
        outer_udp(2152, b"\x30\xff\0\x20\0\0\0\1 not an IP header, though 32"),
        outer_udp(2152, b"\x30\1\0\0\0\0\0\0"),
        teredo(b"\x60\0\0\0\0\x30\x11\x40 too short for IPv6"),
        teredo(packet6("strange.example")))


def nested(depth):
    """`depth` tunnels of different kinds around a packet."""
    inside = packet("inside.example")
    for level in range(depth):
        a, b = "10.%d.0.1" % level, "10.%d.0.2" % level
        if level % 2:
            inside = ipv4(a, b, GRE, gre(inside))
        else:
            inside = ipv4(a, b, IP_IN_IP, inside)
    return trace_of(ethernet(inside))


def nested_four():
    return nested(4)


def nested_five():
    return nested(5)


def layers_exceeded():
    """Three tunnels whose frames have label stacks in label stacks."""
    inside = ethernet(packet("inside.example"))
    for level in range(3):
        a, b = "10.%d.0.1" % level, "10.%d.0.2" % level
        inside = ethernet(ipv4(a, b, UDP, udp(a, b, 50000, 4789,
                                              vxlan(inside, level))))
        for label in (20, 30):
            inside = ethernet(mpls(inside, [label]), ETHER_MPLS)
    return trace_of(inside)


def tunnel_loop():
    """VXLAN in VXLAN of the same network, between the same ports of the same
    hosts, three times."""
    frame = outer_udp(4789, b"\x08\0\0\0\0\0\1\0 the end")
    for _ in range(3):
        frame = outer_udp(4789, vxlan(frame, 1))
    trace = Trace()
    trace.add_all([frame, frame])
    return trace


# --- E36: IPv6 extension headers --------------------------------------------


def chain(*kinds, then=UDP, payload=None):
    """Extension headers of these kinds, in order."""
    body = question(ends=(A6, B6)) if payload is None else payload
    following = then
    for kind in reversed(kinds):
        contents = b"\4" + bytes(5) if kind == ROUTING else bytes(6)
        body = extension(following, contents) + body
        following = kind
    return ethernet(ipv6(A6, B6, following, body))


def extension_usual():
    return trace_of(chain(HOP_BY_HOP, DESTINATION, ROUTING, DESTINATION))


def extension_hundred():
    return trace_of(chain(*[DESTINATION] * 100),
                    chain(*[DESTINATION] * 10), chain(*[DESTINATION] * 11))


def extension_order():
    """Twice routing, Hop-by-Hop not first."""
    return trace_of(chain(ROUTING, ROUTING), chain(DESTINATION, HOP_BY_HOP))


def extension_routing0():
    """Deprecated by RFC 5095."""
    body = extension(UDP, b"\0\1" + bytes(4)) + question(ends=(A6, B6))
    return trace_of(ethernet(ipv6(A6, B6, ROUTING, body)))


def extension_no_next():
    """Data behind "no next header" is nothing's."""
    return trace_of(ethernet(ipv6(A6, B6, NO_NEXT, b"")),
                    ethernet(ipv6(A6, B6, NO_NEXT, question(ends=(A6, B6)))))


def extension_unknown():
    """Header 253, for experiments, might or might not look like others."""
    return trace_of(chain(then=253, payload=extension(UDP) +
                          question(ends=(A6, B6))))


def extension_length():
    """A header longer than the packet, and a packet that ends in one."""
    long = extension(UDP, words=200) + question(ends=(A6, B6))
    return trace_of(ethernet(ipv6(A6, B6, DESTINATION, long)),
                    ethernet(ipv6(A6, B6, DESTINATION, b"\x11\0\0")),
                    ethernet(ipv6(A6, B6, FRAGMENT, fragment_header(
                        UDP, 0, False, 1)[:4])))


# --- E37: link types --------------------------------------------------------


def on_link(link, *frames):
    trace = Trace(link)
    trace.add_all(frames)
    return trace


def link_pppoe():
    """A session, IPv6 in one, a length that lies, discovery."""
    return trace_of(
        ethernet(pppoe(packet("one.example")), ETHER_PPPOE),
        ethernet(pppoe(packet6("two.example"), 0x0057), ETHER_PPPOE),
        ethernet(pppoe(packet("three.example"), length=1400), ETHER_PPPOE),
        ethernet(pppoe(packet("four.example"), 0xc021), ETHER_PPPOE),
        ethernet(b"\x21" + pppoe(packet("five.example"))[1:], ETHER_PPPOE))


def link_llc():
    """IP in SNAP; spanning tree; a length longer than the frame; a field
    between the lengths and the types."""
    one = snap(packet("one.example"))
    two = snap(packet("two.example"))
    return trace_of(padded(ethernet(one, len(one)), 100),
                    padded(ethernet(b"\x42\x42\x03" + bytes(35), 38)),
                    ethernet(two, 1400),
                    ethernet(packet("three.example"), 1501),
                    ethernet(packet("four.example"), 1535))


def link_cooked():
    return on_link(LINK_COOKED, cooked(packet("one.example")),
                   cooked(packet6("two.example"), ETHER_IPV6),
                   cooked(b"\0" * 20, 4), cooked(b"")[:10])


def link_cooked2():
    return on_link(LINK_COOKED2, cooked2(packet("one.example")),
                   cooked2(packet6("two.example"), ETHER_IPV6),
                   cooked2(b"")[:10])


def link_null():
    """The family in both byte orders, and one that is none."""
    return on_link(LINK_NULL, struct.pack("<I", 2) + packet("one.example"),
                   struct.pack(">I", 2) + packet("two.example", 8),
                   struct.pack("<I", 30) + packet6("three.example"),
                   struct.pack("<I", 99) + packet("four.example"))


def link_raw():
    return on_link(LINK_RAW, packet("one.example"), packet6("two.example"),
                   b"\x90" + packet("three.example")[1:])


def link_ppp():
    """With address and control, without, with a compressed protocol."""
    return on_link(LINK_PPP, b"\xff\x03\0\x21" + packet("one.example", 1),
                   b"\0\x21" + packet("two.example", 2),
                   b"\x21" + packet("three.example", 3),
                   b"\0\x77" + packet("four.example"))


def link_pppoe_file():
    return on_link(LINK_PPPOE, pppoe(packet("one.example")))


def link_wifi():
    return on_link(LINK_WIFI, b"\x08\x01\0\0" + bytes(20) + snap(
        packet("one.example")))


def link_unknown():
    """Types nobody knows, the types that have no flows, an empty frame."""
    return trace_of(ethernet(b"?" * 46, 0x1234), ethernet(b"?" * 46, 0x88cc),
                    b"")


# --- E38: ARP and neighbours ------------------------------------------------

GATEWAY, ROUTER, THIEF = "192.0.2.254", b"\2\0\0\0\0\xfe", b"\2\0\0\0\0\x66"
ANYONE = b"\xff" * 6


def arp_frame(operation, mac, address, target_mac, target):
    return ethernet(arp(operation, mac, address, target_mac, target),
                    ETHER_ARP, source=mac, destination=target_mac)


def arp_spoof():
    """The router and another claim one address by turns."""
    trace = Trace()
    for _ in range(6):
        trace.add(arp_frame(2, ROUTER, GATEWAY, ANYONE, A), 1)
        trace.add(arp_frame(2, THIEF, GATEWAY, ANYONE, A), 1)
    return trace


def arp_change():
    """A failover: the address moves once."""
    trace = Trace()
    for mac in (ROUTER, ROUTER, THIEF, THIEF):
        trace.add(arp_frame(2, mac, GATEWAY, ANYONE, GATEWAY), 1)
    return trace


def arp_flood():
    """100,000 addresses announce themselves."""
    trace = Trace()
    head = arp_frame(1, ROUTER, GATEWAY, ANYONE, GATEWAY)
    for number in range(100000):
        mac = b"\2\1" + struct.pack("!I", number)
        address = struct.pack("!I", 0x0a000000 + number)
        trace.add(head[:6] + mac + head[12:22] + mac + address + bytes(6) +
                  address, 1e-5)
    return trace


def arp_alternate():
    """20,000 changes of one address within a second."""
    trace = Trace()
    for _ in range(10000):
        trace.add(arp_frame(2, ROUTER, GATEWAY, ANYONE, A), 4e-5)
        trace.add(arp_frame(2, THIEF, GATEWAY, ANYONE, A), 4e-5)
    return trace


def arp_broken():
    whole = arp(1, ROUTER, GATEWAY, ANYONE, A)
    return trace_of(ethernet(whole[:20], ETHER_ARP),
                    ethernet(b"\0\7" + whole[2:], ETHER_ARP),
                    ethernet(whole[:2] + b"\x86\xdd" + whole[4:], ETHER_ARP))


def neighbour_spoof(flags=b"\x20\0\0\0"):
    """Two hosts advertise one IPv6 address (RFC 4861 4.4) by turns."""
    trace = Trace()
    target = bytes.fromhex("20010db8000000000000000000000001")
    for mac in (ROUTER, THIEF) * 4:
        body = target + b"\2\1" + mac
        message = icmp6("fe80::1", "ff02::1", 136, 0, flags, body)
        trace.add(ethernet(ipv6("fe80::1", "ff02::1", ICMP6, message,
                                hops=255), source=mac), 1)
    return trace


def neighbour_anycast():
    """The same without the flag that makes hosts take the newer one."""
    return neighbour_spoof(bytes(4))
