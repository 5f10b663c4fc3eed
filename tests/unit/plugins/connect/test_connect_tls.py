# Copyright (c) iGrafx LiveConnect contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import ssl
import subprocess

import pytest
from ansible_collections.igrafx.liveconnect.plugins.module_utils._connect.client import ConnectClient
from ansible_collections.igrafx.liveconnect.plugins.module_utils._errors import InvalidInputError, UnreachableError
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.access import Access
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.patience import Patience
from ansible_collections.igrafx.liveconnect.plugins.module_utils._http.servers import UrlTransport
from ansible_collections.igrafx.liveconnect.plugins.module_utils._masking import Mask
from fake_connect_worker import serve


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tls")
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", directory / "key.pem", "-out", directory / "certificate.pem"]
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(["openssl", "req", "-x509", "-days", "2", *key, *names, *files], check=True, capture_output=True)
    return directory


@pytest.fixture
def context(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "certificate.pem", certificate / "key.pem")
    return context


@pytest.fixture
def url(worker, context):
    with serve(worker, context) as url:
        yield url


def client(url, *, patience=60, **access):
    return ConnectClient(UrlTransport(Access(url, **access)), Mask(), Patience(patience))


def test_an_authority_of_ones_own(url, certificate):
    trust = {"ca_path": str(certificate / "certificate.pem")}
    assert client(url, **trust).read([]) == {}
    assert client(url.replace("https:", "HTTPS:"), **trust).read([]) == {}


def test_verification_can_be_given_up(url):
    assert client(url, validate_certs=False).read([]) == {}


def test_an_unknown_authority_is_not_tried_again(url, worker):
    with pytest.raises(UnreachableError, match=r"certificate is not trusted.*ca_path"):
        client(url).read([])
    assert worker.requests == []


def test_a_client_certificate(worker, context, certificate):
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(certificate / "certificate.pem")
    trust = {"ca_path": str(certificate / "certificate.pem")}
    ours = {"client_cert": str(certificate / "certificate.pem"), "client_key": str(certificate / "key.pem")}
    with serve(worker, context) as url:
        with pytest.raises(UnreachableError, match="does not answer"):
            client(url, patience=0, **trust).read([])
        assert client(url, **trust, **ours).read([]) == {}


def test_missing_files_are_named(url):
    with pytest.raises(InvalidInputError, match="ca_path, client_cert and client_key"):
        client(url, client_cert="/nonexistent.pem").read([])
