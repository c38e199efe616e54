# SPDX-License-Identifier: Apache-2.0
"""A private certificate authority, made with openssl in a directory."""
import os
import ssl
import subprocess


def openssl(*arguments, **options):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, **options)


class CertificateAuthority:
    def __init__(self, directory):
        self.directory = str(directory)
        self.file = self._path("ca.pem")
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", "/CN=test authority", "-days", "2",
                "-keyout", self._path("ca.key"), "-out", self.file)

    def _path(self, name):
        return os.path.join(self.directory, name)

    def issue(self, address="127.0.0.1", name="localhost"):
        """Paths of a certificate for this address and name, and of its key."""
        certificate, key = self._path(f"{address}.pem"), self._path(f"{address}.key")
        request = self._path(f"{address}.csr")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={address}", "-keyout", key, "-out", request)
        extension = f"subjectAltName=IP:{address},DNS:{name}\n"
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._path("ca.key"),
                "-CAcreateserial", "-days", "2", "-extfile", "/dev/stdin", "-out", certificate,
                input=extension.encode())
        return certificate, key

    def server_context(self, *place):
        """For a TLS server at 127.0.0.1, or at this address and name."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*place))
        return context
