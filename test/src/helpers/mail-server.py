# A mail server on loopback, as aiosmtpd makes one. Prints its port and then each mail as a line of JSON.
# What it does with a recipient stands in the address: greylisted@ (451 once), unknown@ (550), anybody else is taken.
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

options = json.loads(sys.argv[1])


class Mailbox:
    def __init__(self):
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if address.startswith("unknown@"):
            return "550 5.1.1 no such user here"
        if address.startswith("greylisted@") and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        print(json.dumps(mail), flush=True)
        return "250 2.0.0 queued as 4711"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and data.password.decode() == options["password"]
    return AuthResult(success=good, auth_data=data if good else None, handled=False)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(options["cert"], options["key"])
    return made


async def main():
    security = options["security"]
    mailbox = Mailbox()

    def make():
        return SMTP(
            mailbox,
            hostname="mail.test",
            tls_context=context() if security == "starttls" else None,
            require_starttls=security == "starttls",
            authenticator=authenticate if options["password"] else None,
            auth_required=bool(options["password"]),
            auth_require_tls=security == "starttls",
            loop=loop,
        )

    loop = asyncio.get_running_loop()
    tls = context() if security == "tls" else None
    server = await loop.create_server(make, host="127.0.0.1", port=0, ssl=tls)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
