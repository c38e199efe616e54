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

    def issue(self, address="127.0.0.1", *names, days=2):
        """Paths of a certificate for this address and these names, and of its key."""
        certificate, key = self._path(f"{address}.pem"), self._path(f"{address}.key")
        request = self._path(f"{address}.csr")
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={address}", "-keyout", key, "-out", request)
        places = [f"IP:{address}", *(f"DNS:{name}" for name in names or ["localhost"])]
        openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._path("ca.key"),
                "-CAcreateserial", "-days", str(days), "-extfile", "/dev/stdin", "-out", certificate,
                input=f"subjectAltName={','.join(places)}\n".encode())
        return certificate, key

    def server_context(self, *place):
        """For a TLS server at 127.0.0.1, or at this address and by these names."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*self.issue(*place))
        return context
