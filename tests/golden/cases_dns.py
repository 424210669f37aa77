"""E39 to E41: DNS messages that lie, that do not match, that hide."""

import dns
from capture_file import Trace
from cases_ip import A, B
from connection import CLIENT, SERVER, Connection
from dns import framed, message, pointer, query, question, response
from frames import UDP, ethernet, ipv4, udp


class Talk:
    """Datagrams between a client and a server; a flow a client port."""

    def __init__(self, port=53):
        self.trace = Trace()
        self.port = port

    def ask(self, body, client_port=5300):
        self.trace.add(ethernet(ipv4(A, B, UDP, udp(A, B, client_port,
                                                    self.port, body))))

    def answer(self, body, client_port=5300):
        self.trace.add(ethernet(ipv4(B, A, UDP, udp(B, A, self.port,
                                                    client_port, body))))


def asked(*bodies, port=53):
    """Each on a flow of its own."""
    talk = Talk(port)
    for number, body in enumerate(bodies):
        talk.ask(body, 5301 + number)
    return talk.trace


# --- E39: malformed ---------------------------------------------------------


def pointers():
    """To itself, forward, into the header, two to each other; and one that
    goes backwards, as it should."""
    good = message(5, [question("ok.example")], [dns.answer(pointer(12))],
                   flags=0x8180)
    talk = Talk()
    for number, what in enumerate((
            pointer(12), pointer(14) + dns.name("forward.example"),
            pointer(4), b"\1a" + pointer(16) + pointer(12))):
        talk.ask(query(1 + number, what), 5301 + number)
    talk.answer(good, 5305)
    return talk.trace


def pointer_chain():
    """Backwards, a hop each, longer than anybody needs: seventy answers whose
    names point to the name before."""
    first = dns.answer(b"\1a" + pointer(12))
    answers, at = [first], 12 + len(question("end.example"))
    for _ in range(69):
        answers.append(dns.answer(pointer(at)))
        at += len(answers[-2])
    talk = Talk()
    talk.ask(query(1, "end.example"))
    talk.answer(message(1, [question("end.example")], answers, flags=0x8180))
    return talk.trace


def labels():
    """The longest name, one byte more, a label of 64, types 0x40 and 0x80."""
    longest = dns.name(".".join(["a" * 63] * 3 + ["b" * 61]))
    longer = dns.name(".".join(["a" * 63] * 3 + ["b" * 62]))
    many = dns.name(".".join("x" * 127))
    return asked(query(1, longest), query(2, longer), query(3, many),
                 query(4, b"\x40" + b"c" * 64 + b"\0"),
                 query(5, b"\x01d\x41e\0"), query(6, b"\x01f\x82g\0"))


def counts():
    """Headers that promise what is not there, on a flow that is DNS."""
    talk = Talk()
    talk.ask(query(1, "one.example"))
    talk.answer(message(1, [question("one.example")],
                        counts=(1, 65535, 65535, 65535), flags=0x8180))
    talk.ask(query(2, "two.example", counts=(65535, 0, 0, 0)))
    talk.ask(message(3, counts=(65535,) * 4))
    talk.ask(b"\0\4\1")
    return talk.trace


def counts_first():
    """The same where nothing says yet that it is DNS, but for the port."""
    return asked(query(1, "one.example", counts=(65535,) * 4), b"\0\2\1")


def trailing():
    return asked(query(1, "one.example") + b"\0\0 behind it all")


# --- E40: what belongs together ---------------------------------------------


def mismatches():
    """Answers to another id, to another question, from another port, twice;
    the question in other letters is the same."""
    talk = Talk()
    talk.ask(query(1, "one.example"), 5301)
    talk.answer(response(77, "one.example"), 5301)
    talk.ask(query(2, "two.example"), 5302)
    talk.answer(response(2, "other.example"), 5302)
    talk.ask(query(3, "three.example"), 5303)
    talk.answer(response(3, "three.example"), 5399)
    talk.ask(query(4, "FoUr.example"), 5304)
    talk.answer(response(4, "foUR.EXAMPLE"), 5304)
    talk.answer(response(4, "four.example"), 5304)
    return talk.trace


def pipelined():
    """Three queries, answered in another order."""
    talk = Talk()
    for ident in (1, 2, 3):
        talk.ask(query(ident, "n%d.example" % ident))
    for ident in (3, 1, 2):
        talk.answer(response(ident, "n%d.example" % ident))
    return talk.trace


def several_questions():
    return asked(message(1, [question("one.example"),
                             question("two.example")]))


def edns_padding():
    return asked(query(1, "one.example", additional=[dns.padding(400)]))


def tcp_split():
    """The length field over two segments, three queries in one, one query
    over three."""
    c = Connection(Trace(), port=53)
    c.open()
    stream = b"".join(framed(query(i, "n%d.example" % i)) for i in range(1, 5))
    size = len(framed(query(1, "n1.example")))
    for begin, end in ((0, 1), (1, 10), (10, size), (size, len(stream))):
        c.send(CLIENT, stream[begin:end])
    answers = b"".join(framed(response(i, "n%d.example" % i))
                       for i in range(1, 5))
    c.send(SERVER, answers, size=7)
    c.close()
    return c.trace


def tcp_short_length():
    """A length of less than a header, then what looks like a query."""
    c = Connection(Trace(), port=53)
    c.open()
    c.send(CLIENT, framed(query(1, "one.example")))
    c.send(CLIENT, b"\0\5" + framed(query(2, "two.example")))
    c.close()
    return c.trace


def other_ports():
    """Found by its form alone; what merely begins like it is not."""
    talk = Talk(port=7777)
    talk.ask(query(1, "one.example"))
    talk.answer(response(1, "one.example"))
    talk.ask(query(2, "two.example")[:-3], 5301)
    c = Connection(talk.trace, port=7777)
    c.open()
    c.send(CLIENT, framed(query(3, "three.example")))
    c.send(SERVER, framed(response(3, "three.example")))
    c.close()
    return talk.trace


# --- E41: bytes within labels -----------------------------------------------


def bytes_in_labels():
    """NUL, dot, backslash, control and high bytes, a space."""
    def labelled(*parts):
        return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
    return asked(query(1, labelled(b"nul\0", b"example")),
                 query(2, labelled(b"www.bank", b"example")),
                 query(3, labelled(b"back\\slash", b"example")),
                 query(4, labelled(b"\r\n\x1b[2J", b"example")),
                 query(5, labelled(b"\xff\xfe", b"a b", b"example")),
                 query(6, labelled(b"quote\"", b"example")))
