# SPDX-License-Identifier: Apache-2.0
"""A real registry with nginx before it, which is one of the things that stand before registries.

Each of FRONTS yields (the address to ask, its entry in `registry.hosts`, nginx), over the same
storage.
"""
import contextlib
import os

from support import golden, token_server
from support.certificates import CertificateAuthority
from support.docker_registry import (DockerRegistry, demanding_basic, with_password,
                                     write_htpasswd)
from support.nginx import Nginx


def entry(nginx, **more):
    """Of a front that speaks HTTP."""
    return {"name": nginx.address("front"), "plain_http": True, **more}


@contextlib.contextmanager
def as_token_realm(directory, storage):
    """The registry is asked itself; nginx has a token for who knows the password."""
    key = token_server.SigningKey(directory)
    repositories = {name.partition(":")[0] for name in golden.IMAGES}
    token = key.give_token([{"type": "repository", "name": name, "actions": ["pull"]}
                            for name in repositories])
    write_htpasswd(os.path.join(directory, "htpasswd"))
    with Nginx(f"""
            server {{
                listen @front@;
                location = /token {{
                    auth_basic lab;
                    auth_basic_user_file {directory}/htpasswd;
                    default_type application/json;
                    root DIRECTORY;
                }}
            }}""", files={"token": f'{{"token":"{token}","expires_in":300}}'}) as nginx:
        realm = nginx.address("front")
        auth = {"token": {"realm": f"http://{realm}/token", "service": token_server.SERVICE,
                          "issuer": token_server.ISSUER, "rootcertbundle": key.certificate}}
        with DockerRegistry(storage, auth=auth) as registry:
            yield registry.address, {"name": registry.address, "plain_http": True,
                                     "realm": [realm], **with_password(directory)}, nginx


@contextlib.contextmanager
def as_blob_host(directory, storage):
    """The registry wants a password; its blobs are elsewhere, where one is refused."""
    with demanding_basic(directory, storage) as (registry, account), \
            DockerRegistry(storage) as behind, Nginx(f"""
            server {{
                listen @front@;
                location / {{ proxy_pass {registry.url}; }}
                location ~ /blobs/sha256: {{
                    return 307 http://@blobs@$request_uri?X-Signature=none;
                }}
            }}
            server {{
                listen @blobs@;
                if ($http_authorization) {{ return 400; }}
                location / {{ proxy_pass {behind.url}; }}
            }}""") as nginx:
        yield nginx.address("front"), {**account, "name": nginx.address("front")}, nginx


@contextlib.contextmanager
def as_http2(directory, storage):
    authority = CertificateAuthority(directory)
    certificate, key = authority.issue()
    with DockerRegistry(storage) as registry, Nginx(f"""
            server {{
                listen @front@ ssl http2;
                ssl_certificate {certificate};
                ssl_certificate_key {key};
                location / {{ proxy_pass {registry.url}; }}
            }}""") as nginx:
        yield nginx.address("front"), {"name": nginx.address("front"),
                                       "ca_file": authority.file}, nginx


@contextlib.contextmanager
def as_line_that_is_cut(_, storage):
    """Every second request of a connection ends it."""
    with DockerRegistry(storage) as registry, Nginx(f"""
            server {{
                listen @front@;
                location / {{
                    if ($connection_requests = 2) {{ return 444; }}
                    proxy_pass {registry.url};
                }}
            }}""") as nginx:
        yield nginx.address("front"), entry(nginx), nginx


@contextlib.contextmanager
def as_slow_line(_, storage):
    """A hundred bytes a second."""
    with DockerRegistry(storage) as registry, Nginx(f"""
            server {{
                listen @front@;
                location / {{ limit_rate 100; proxy_pass {registry.url}; }}
            }}""") as nginx:
        yield nginx.address("front"), entry(nginx), nginx


@contextlib.contextmanager
def as_rate_limiter(_, storage):
    """One GET a minute; HEAD is free."""
    with DockerRegistry(storage) as registry, Nginx(f"""
            map $request_method $counted {{ HEAD ""; default $binary_remote_addr; }}
            limit_req_zone $counted zone=pulls:1m rate=1r/m;
            limit_req_status 429;
            server {{
                listen @front@;
                error_page 429 /limited;
                location = /limited {{
                    internal;
                    add_header Retry-After 30 always;
                    return 429 "slow down";
                }}
                location / {{ limit_req zone=pulls; proxy_pass {registry.url}; }}
            }}""") as nginx:
        yield nginx.address("front"), entry(nginx), nginx


@contextlib.contextmanager
def as_mirror(directory, storage):
    """No nginx: another registry, that fetches from the first what it is asked for."""
    with DockerRegistry(storage) as registry, \
            DockerRegistry(os.path.join(directory, "mirror"),
                           proxy={"remoteurl": registry.url}) as mirror:
        yield mirror.address, {"name": mirror.address, "plain_http": True}, None
