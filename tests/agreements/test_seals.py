"""An organisation's own key over what its signatory signed."""

from typing import Any
from uuid import UUID

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OctKey, OKPKey

from ledger.agreements import queries, service
from ledger.agreements.duty_entries import AgreementSealed
from ledger.agreements.rules.seal import BadKey, BadSeal, is_seal, read_key
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.work import unit_of_work
from tests.agreements.test_duties import recorded, sign
from tests.given.directory import member


class TestSeals:
    @pytest.mark.parametrize("key", [ECKey.generate_key("P-256"), OKPKey.generate_key("Ed25519")])
    def test_an_organisation_seals_what_its_signatory_signs(
        self, trust: UUID, ann: Actor, bob: Actor, proposed: UUID, key: Any
    ) -> None:
        public = key.as_dict(private=False)
        with unit_of_work(member(Role.STEWARD, at=trust)) as work:
            key_id = service.add_key(work, organisation_id=trust, jwk=public)
        sha256 = queries.version(db.session(), ann, proposed, 1).document_sha256
        with pytest.raises(BadSeal):
            sign(ann, proposed, seal=sealed("00" * 32, key))
        sign(ann, proposed, seal=sealed(sha256, key))
        (found,) = recorded(AgreementSealed)
        assert (found.key_id, found.document_sha256) == (key_id, sha256)
        with pytest.raises(BadSeal):
            sign(bob, proposed, seal=sealed(sha256, key))

    def test_secrets_weak_keys_and_other_algorithms_are_refused(self) -> None:
        key = ECKey.generate_key("P-256")
        for bad in (
            key.as_dict(private=True),
            {"kty": "oct", "k": "c2VjcmV0"},
            {"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB"},
            {},
        ):
            with pytest.raises(BadKey):
                read_key(bad)
        known = read_key(key.as_dict(private=False))
        sha256 = "ab" * 32
        assert is_seal(sealed(sha256, key), sha256=sha256, algorithm="ES256", jwk=known.jwk)
        # The classic confusion: an HMAC by the public key's own text.
        confused = sealed(sha256, OctKey.import_key(known.jwk), alg="HS256")
        unsigned = "eyJhbGciOiJub25lIn0.."
        for forged in (confused, unsigned, "", "..", "a.b.c", sealed("cd" * 32, key)):
            assert not is_seal(forged, sha256=sha256, algorithm="ES256", jwk=known.jwk)


def sealed(sha256: str, key: Any, alg: str = "") -> str:
    alg = alg or {"EC": "ES256", "OKP": "Ed25519"}[key.key_type]
    whole = jws.serialize_compact({"alg": alg}, sha256.encode(), key, algorithms=[alg])
    header, _, signature = whole.split(".")
    return f"{header}..{signature}"
