"""QUIC packets: Initials protected with the keys that follow from their
connection id (RFC 9001 5, RFC 9369 3), and packets nobody can open."""

import ctypes
import ctypes.util
import hashlib
import hmac
import struct

V1, V2 = 1, 0x6b3343cf
INITIAL, ZERO_RTT, HANDSHAKE, RETRY = 0, 1, 2, 3
# RFC 9001 5.2; RFC 9369 3.3.1 and 3.3.2.
SALTS = {V1: "38762cf7f55934b34d179ae6a4c80cadccbb7f0a",
         V2: "0dede3def700a6db819381be6e269dcbf9bd2ed9"}
LABELS = {V1: "quic ", V2: "quicv2 "}
MINIMUM = 1200


class _Cipher:
    """AES-128 of OpenSSL's libcrypto."""
    TAG = 16
    GET_TAG = 0x10

    def __init__(self):
        path = ctypes.util.find_library("crypto") or "libcrypto.so.3"
        self.crypto = ctypes.CDLL(path)
        for name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm",
                     "EVP_aes_128_ecb"):
            getattr(self.crypto, name).restype = ctypes.c_void_p

    def _run(self, cipher, key, nonce, header, data):
        """The ciphertext, with a tag behind it when there is a nonce."""
        lib, size = self.crypto, ctypes.c_int(0)
        context = ctypes.c_void_p(lib.EVP_CIPHER_CTX_new())
        out = ctypes.create_string_buffer(len(data) + 32)
        tag = ctypes.create_string_buffer(self.TAG)
        done = lib.EVP_EncryptInit_ex(context, ctypes.c_void_p(cipher()), None,
                                      key, nonce)
        if header:
            done &= lib.EVP_EncryptUpdate(context, None, ctypes.byref(size),
                                          header, len(header))
        done &= lib.EVP_EncryptUpdate(context, out, ctypes.byref(size), data,
                                      len(data))
        if nonce:
            done &= lib.EVP_EncryptFinal_ex(
                context, ctypes.create_string_buffer(32), ctypes.byref(size))
            done &= lib.EVP_CIPHER_CTX_ctrl(context, self.GET_TAG, self.TAG,
                                            tag)
        lib.EVP_CIPHER_CTX_free(context)
        assert done == 1
        return out.raw[:len(data)] + (tag.raw if nonce else b"")

    def seal(self, key, nonce, header, text):
        return self._run(self.crypto.EVP_aes_128_gcm, key, nonce, header,
                         text)

    def block(self, key, data):
        return self._run(self.crypto.EVP_aes_128_ecb, key, None, None, data)


_CIPHER = _Cipher()


def _expand(secret, label, size):
    """HKDF-Expand-Label (RFC 8446 7.1) of at most one hash."""
    full = b"tls13 " + label.encode()
    info = struct.pack("!HB", size, len(full)) + full + b"\0\x01"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


def _keys(version, ident, client):
    """Key, IV and header key of a side."""
    first = hmac.new(bytes.fromhex(SALTS[version]), ident,
                     hashlib.sha256).digest()
    secret = _expand(first, "client in" if client else "server in", 32)
    prefix = LABELS[version]
    return [_expand(secret, prefix + label, size)
            for label, size in (("key", 16), ("iv", 12), ("hp", 16))]


def integer(value):
    """RFC 9000 16."""
    for width, bits in ((1, 0), (2, 1), (4, 2), (8, 3)):
        if value < 1 << (8 * width - 2):
            return (value | bits << (8 * width - 2)).to_bytes(width, "big")
    raise ValueError(value)


def crypto(offset, data):
    """A CRYPTO frame."""
    return b"\x06" + integer(offset) + integer(len(data)) + data


def close(code, reason=b""):
    """A CONNECTION_CLOSE frame of the transport."""
    return b"\x1c" + integer(code) + integer(6) + integer(len(reason)) + \
        reason


class Ends:
    """The ids of a connection; the client's packets go to `original` until
    `server_known`. `keys_of`: what keys follow from, `original` unless there
    was a Retry."""

    def __init__(self, version=V1, original=bytes.fromhex("8394c8f03e515708"),
                 client=b"client", server=b"srv67890"):
        self.version, self.original = version, original
        self.client, self.server = client, server
        self.keys_of = original
        self.server_known = False

    def head(self, kind, from_client):
        """First byte, version and ids of a long header."""
        if self.version == V2:
            kind = (kind + 1) & 3
        target, source = self.client, self.server
        if from_client:
            target = self.server if self.server_known else self.original
            source = self.client
        first = 0xc3 | kind << 4
        return struct.pack("!BIB", first, self.version, len(target)) + \
            target + bytes([len(source)]) + source

    def initial(self, frames, number=0, from_client=True, token=b"",
                bad_tag=False):
        """A protected Initial."""
        key, iv, header_key = _keys(self.version, self.keys_of, from_client)
        header = self.head(INITIAL, from_client) + integer(len(token)) + \
            token + struct.pack("!H", 0x4000 | (4 + len(frames) + 16))
        at = len(header)
        header += struct.pack("!I", number)
        nonce = bytes(a ^ b for a, b in zip(iv, number.to_bytes(12, "big")))
        sealed = _CIPHER.seal(key, nonce, header, frames)
        if bad_tag:
            sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        mask = _CIPHER.block(header_key, sealed[:16])
        hidden = bytearray(header)
        hidden[0] ^= mask[0] & 0x0f
        for i in range(4):
            hidden[at + i] ^= mask[1 + i]
        return bytes(hidden) + sealed

    def first(self, frames, number=0, size=MINIMUM, **more):
        """A client's datagram of one Initial, with PADDING frames up to
        `size` bytes."""
        bare = len(self.initial(frames, number, **more))
        return self.initial(frames + bytes(max(0, size - bare)), number,
                            **more)

    def opaque(self, kind, from_client=True, size=80):
        """A 0-RTT or Handshake packet."""
        return self.head(kind, from_client) + integer(size) + b"\xee" * size

    def retry(self, token):
        return self.head(RETRY, False) + token + b"t" * 16

    def negotiation(self, *versions):
        """A Version Negotiation packet (RFC 9000 17.2.1)."""
        return struct.pack("!BIB", 0x8a, 0, len(self.client)) + self.client + \
            bytes([len(self.original)]) + self.original + \
            struct.pack("!%dI" % len(versions), *versions)

    def short(self, from_client=True):
        """A packet of the established connection."""
        ident = self.server if from_client else self.client
        return b"\x4e" + ident + b"\xee" * 40
