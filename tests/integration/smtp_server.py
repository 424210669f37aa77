#!/usr/bin/python3
"""An SMTP server (aiosmtpd) with STARTTLS and one account, for tests.

    smtp_server.py ADDRESS PORT CERTIFICATE KEY

Takes any mail and forgets it. The account is "carol" with the password
"correct-horse". Prints one line when it listens.
"""

import asyncio
import ssl
import sys

from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and \
        (data.login, data.password) == (b"carol", b"correct-horse")
    # Not handled: the library answers with 235 or 535 itself.
    return AuthResult(success=good, handled=False)


async def serve(address, port, certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def session():
        return SMTP(Sink(), hostname="mx.servers.example", tls_context=context,
                    authenticator=authenticate, auth_require_tls=False)

    server = await asyncio.get_running_loop().create_server(
        session, address, int(port))
    print("listening", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
