"""Real servers in namespace `b` of a lab, and real clients of them in `a`.

Everything they need is made in a folder of the test's: certificates, keys,
configuration. Each serve_... returns once the server answers.
"""

import os
import shutil
import subprocess

from checks import Failure, until

HERE = os.path.dirname(os.path.abspath(__file__))
# Debian's own interpreter: it has python3-aiosmtpd.
PYTHON = "/usr/bin/python3"
WEB, PLAIN, MAIL = ("www.servers.example", "plain.servers.example",
                    "mx.servers.example")
PROGRAMS = ("nginx", "openssl", "curl", "ssh", "ssh-keygen", "dnsmasq", "dig",
            "nc")

NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen {address}:80;
    location / {{ return 200 "hello"; }}
    location /gone {{ return 404; }}
  }}
  server {{
    listen {address}:443 ssl http2;
    ssl_certificate {folder}/cert.pem;
    ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3;
    location / {{ return 200 "hello"; }}
  }}
}}
"""


def missing():
    """What the servers need and is not there, or None."""
    for program in PROGRAMS:
        if not shutil.which(program) and program != "nginx":
            return program
    for path in (_nginx(), _sshd()):
        if not os.access(path, os.X_OK):
            return path
    done = subprocess.run([PYTHON, "-c", "import aiosmtpd"], check=False,
                          stderr=subprocess.DEVNULL)
    return "python3-aiosmtpd" if done.returncode else None


def _nginx():
    return shutil.which("nginx") or "/usr/sbin/nginx"


def _sshd():
    return shutil.which("sshd") or "/usr/sbin/sshd"


def make_certificate(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
         "/O=Tapline tests/CN=" + WEB, "-addext",
         "subjectAltName=DNS:%s,DNS:%s" % (WEB, MAIL), "-keyout",
         os.path.join(folder, "key.pem"), "-out",
         os.path.join(folder, "cert.pem")],
        check=True, stderr=subprocess.DEVNULL)


def answers(lab, port):
    """Waits until something listens there. `b` asks itself: nothing of it
    crosses the watched interface."""
    until(lambda: lab.run("b", ["nc", "-z", lab.address_b, str(port)],
                          check=False).returncode == 0,
          20, "nothing listens on port %d" % port)


def serve_web(lab, folder):
    """HTTP on 80, TLS on 443."""
    name = os.path.join(folder, "nginx.conf")
    with open(name, "w", encoding="utf-8") as file:
        file.write(NGINX.format(folder=folder, address=lab.address_b))
    lab.start("b", [_nginx(), "-c", name, "-p", folder],
              stderr=subprocess.DEVNULL)
    answers(lab, 80)
    answers(lab, 443)


def serve_ssh(lab, folder):
    """Takes the key "user", not the key "other"."""
    for name in ("host", "user", "other"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                        os.path.join(folder, name)], check=True)
    os.makedirs("/run/sshd", exist_ok=True)
    lab.start("b", [
        _sshd(), "-D", "-e", "-f", "/dev/null", "-h",
        os.path.join(folder, "host"), "-o", "ListenAddress=" + lab.address_b,
        "-o", "StrictModes=no", "-o", "PidFile=none", "-o",
        "PasswordAuthentication=no", "-o",
        "AuthorizedKeysFile=" + os.path.join(folder, "user.pub")],
              stderr=subprocess.DEVNULL)
    answers(lab, 22)


def serve_dns(lab):
    """Knows www.servers.example, says that nothing else of it exists, and
    refuses everything else."""
    lab.start("b", [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null",
        "--user=root", "--pid-file=", "--no-resolv", "--no-hosts",
        "--bind-interfaces", "--listen-address=" + lab.address_b,
        "--except-interface=lo", "--local=/servers.example/",
        "--host-record=%s,192.0.2.10,300" % WEB], stderr=subprocess.DEVNULL)
    answers(lab, 53)


def serve_mail(lab, folder):
    child = lab.start("b", [
        PYTHON, os.path.join(HERE, "smtp_server.py"), lab.address_b, "25",
        os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")],
        stdout=subprocess.PIPE)
    line = child.stdout.readline()
    if b"listening" not in line:
        raise Failure("the SMTP server said %r" % line)


# --- Clients ----------------------------------------------------------------

def fetch(lab, url, *flags):
    """curl, with the servers' names known to it; their certificate is their
    own, so it is not checked."""
    names = []
    for name, port in ((WEB, 443), (PLAIN, 80)):
        names += ["--resolve", "%s:%d:%s" % (name, port, lab.address_b)]
    return lab.run("a", ["curl", "-s", "-k", *names, *flags, url]).stdout


def log_in(lab, folder, key):
    """An SSH login with a key; whether it worked."""
    done = lab.run("a", [
        "ssh", "-F", "/dev/null", "-i", os.path.join(folder, key), "-o",
        "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no", "-o",
        "UserKnownHostsFile=/dev/null", "-o", "BatchMode=yes",
        "root@" + lab.address_b, "id"], check=False)
    return "uid=0" in done.stdout


def ask(lab, name, *flags):
    return lab.run("a", ["dig", "+tries=1", "+time=5", *flags,
                         "@" + lab.address_b, name, "A"]).stdout


MAIL_CLIENT = """
import smtplib, ssl, sys
address, how, password = sys.argv[1:]
with smtplib.SMTP(address, 25, local_hostname="client.servers.example",
                  timeout=10) as mail:
    if how == "starttls":
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        # The name that goes into the hello.
        mail._host = "mx.servers.example"
        mail.starttls(context=context)
    if password:
        try:
            mail.login("carol", password)
        except smtplib.SMTPAuthenticationError:
            sys.exit(3)
    mail.sendmail("a@client.servers.example", ["b@mx.servers.example"],
                  "Subject: report\\r\\n\\r\\nAll is well.\\r\\n")
"""


def send_mail(lab, how="plain", password=""):
    """A mail over SMTP, `how` "plain" or "starttls"; whether it went out."""
    done = lab.run("a", [PYTHON, "-c", MAIL_CLIENT, lab.address_b, how,
                         password], check=False)
    if done.returncode not in (0, 3):
        raise Failure("the mail client said: " + done.stderr[-400:])
    return done.returncode == 0


def hello(lab, *flags):
    """A TLS handshake of openssl's client."""
    return lab.run("a", ["openssl", "s_client", "-connect",
                         lab.address_b + ":443", "-servername", WEB, *flags],
                   check=False).stdout
