"""A policy is read to the letter, and decides what a checkpoint needs."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import Checkpoint, NoteError
from audit.cosignature import CosignatureSigner
from audit.ed25519 import Ed25519Signer
from audit.mldsa import MlDsaSigner
from audit.note import sign, signature_line
from audit.policy import Policy, PolicyError

LOG = Ed25519Signer("ledger.example/log", b"l" * 32)
OTHER_LOG = Ed25519Signer("other.example/log", b"o" * 32)
WITNESSES = {
    name: CosignatureSigner(f"{name}.example", name.encode() * 16, now_s=lambda: 1_700_000_000)
    for name in ("X1", "X2", "X3", "Y1", "Y2")
}
NOTE = sign(Checkpoint(LOG.name, 7, b"r" * 32).to_text(), LOG)
LINES = [
    "# Whom we believe",
    f"log {LOG.verifier()} https://ledger.example/log",
    "",
    *(f"witness {name} {signer.verifier()}" for name, signer in WITNESSES.items()),
    "group X-witnesses 2 X1 X2 X3",
    " \tgroup\tY-witnesses any Y1  Y2 ",
    "group X-and-Y all X-witnesses Y-witnesses",
    "quorum X-and-Y",
]
TEXT = "\n".join(LINES) + "\n"
POLICY = Policy.parse(TEXT)


def cosigned(*names: str) -> str:
    text = NOTE.split("\n\n")[0] + "\n"
    return NOTE + "".join(signature_line(text, WITNESSES[name]) for name in names)


def test_a_policy_of_two_levels_is_read() -> None:
    (log,) = POLICY.logs
    assert (log.verifier, log.url) == (LOG.verifier(), "https://ledger.example/log")
    assert [witness.name for witness in POLICY.witnesses] == [*WITNESSES]
    assert [(group.threshold, len(group.members)) for group in POLICY.groups] == [
        (2, 3),
        (1, 2),
        (2, 2),
    ]
    assert POLICY.quorum == "X-and-Y"
    assert Policy.parse(TEXT.encode()) == POLICY


def test_who_is_a_quorum_is_what_the_words_say() -> None:
    for names in chain.from_iterable(combinations(WITNESSES, n) for n in range(6)):
        xs, ys = sum(n[0] == "X" for n in names), sum(n[0] == "Y" for n in names)
        assert POLICY.satisfied(names) is (xs >= 2 and ys >= 1)
        assert POLICY.meets_every_quorum(names) is (3 - xs < 2 or 2 - ys < 1)
    assert not POLICY.satisfied(["X-and-Y", "nobody"])


@given(st.integers(1, 8), st.data())
def test_of_k_out_of_n_a_monitor_needs_all_but_k_and_one_more(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(1, n))
    names = [f"w{number}" for number in range(n)]
    keys = [CosignatureSigner(name, name.encode() * 16, now_s=lambda: 1) for name in names]
    lines = [f"witness {name} {key.verifier()}" for name, key in zip(names, keys, strict=True)]
    policy = Policy.parse(
        "\n".join([*lines, f"group all-of-us {k} {' '.join(names)}"]) + "\nquorum all-of-us\n"
    )
    some = data.draw(st.sets(st.sampled_from(names)))

    assert policy.satisfied(some) is (len(some) >= k)
    assert policy.meets_every_quorum(some) is (len(some) >= n - k + 1)


def test_a_checkpoint_counts_with_a_quorum() -> None:
    found = POLICY.accepts(cosigned("Y2", "X1", "X3"))

    assert (found.checkpoint.size, found.log) == (7, LOG.verifier())
    assert found.cosigned_at_s == dict.fromkeys(("X1", "X3", "Y2"), 1_700_000_000)
    with pytest.raises(
        NoteError, match=r"not cosigned by a quorum \(X-and-Y\), but only by X1, Y1"
    ):
        POLICY.accepts(cosigned("X1", "Y1"))
    assert POLICY.signed(NOTE).cosigned_at_s == {}
    with pytest.raises(NoteError, match="not signed by"):
        POLICY.accepts(sign(Checkpoint(OTHER_LOG.name, 7, b"r" * 32).to_text(), OTHER_LOG))


def test_a_known_witness_that_signed_wrongly_spoils_the_note() -> None:
    other = signature_line("another text\n", WITNESSES["X2"])
    with pytest.raises(NoteError, match=r"X2\.example is wrong"):
        POLICY.accepts(cosigned("X1", "X3", "Y1") + other)


def test_one_log_cannot_sign_for_another() -> None:
    policy = Policy.parse(f"log {LOG.verifier()}\nlog {OTHER_LOG.verifier()}\nquorum none\n")
    text = Checkpoint(LOG.name, 7, b"r" * 32).to_text()

    assert policy.accepts(sign(text, OTHER_LOG, LOG)).log == LOG.verifier()
    with pytest.raises(NoteError, match="not signed by the log that it is of"):
        policy.accepts(sign(text, OTHER_LOG))


def test_a_witness_may_have_a_key_of_either_type() -> None:
    witness = MlDsaSigner("w.example", b"w" * 32, now_s=lambda: 1_700_000_001)
    policy = Policy.parse(f"log {LOG.verifier()}\nwitness w {witness.verifier()}\nquorum w\n")
    text = Checkpoint(LOG.name, 7, b"r" * 32).to_text()

    assert policy.accepts(sign(text, LOG, witness)).cosigned_at_s == {"w": 1_700_000_001}


def test_names_are_bytes() -> None:
    key = WITNESSES["X1"].verifier()
    policy = Policy.parse(f"witness \xff {key}\nquorum \xff\n".encode("latin-1"))
    assert policy.quorum == "\udcff"


X1, X2 = (f"witness {name} {WITNESSES[name].verifier()}" for name in ("X1", "X2"))
LOG_LINE = f"log {LOG.verifier()}"


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ([], "no line `quorum`"),
        ([X1], "no line `quorum`"),
        (["quorum none", "quorum none"], "line 2: .*this is the second"),
        (["quorum X1", X1], "line 1: X1 is not defined above"),
        (["group g any X1", X1], "line 1: X1 is not defined above"),
        ([X1, "group g any g"], "line 2: g is not defined above"),
        ([X1, "group g any none"], "line 2: none is not defined above"),
        ([X1, "group g any X1 X1"], "line 2: X1 is a member of a group already"),
        ([X1, "group g any X1", "group h any X1"], "line 3: X1 is a member of a group already"),
        ([X1, "group X1 any X1"], "line 2: X1 is defined above already"),
        ([X1, X2.replace(" X2 ", " X1 ")], "line 2: X1 is defined above already"),
        ([X1, X1.replace(" X1 ", " X9 ")], "line 2: the key of this witness stands above"),
        ([LOG_LINE, LOG_LINE], "line 2: the key of this log stands above"),
        ([X1, "group none any X1"], "line 2: the name none is taken"),
        ([X1, "group g 0 X1"], "line 2: 0 is not any, all, or from 1 to 1"),
        ([X1, "group g 2 X1"], "line 2: 2 is not any"),
        ([X1, "group g 01 X1"], "line 2: 01 is not any"),
        ([X1, "group g \u0661 X1"], "line 2: \u0661 is not any"),
        ([X1, "group g any"], "line 2: the group g has no members"),
        (["log nonsense"], "line 1: not a verifier key"),
        (["witness X1 nonsense"], "line 1: not a verifier key"),
        ([f"log {WITNESSES['X1'].verifier()}"], "line 1: a witness's key"),
        ([f"witness l {LOG.verifier()}"], "line 1: a log's key"),
        ([f"{LOG_LINE} url more"], "line 1: 'more' is one item too many"),
        (["quorum"], "line 1: 'quorum' with so many items"),
        (["Quorum none"], "line 1: 'Quorum'"),
        (["quorum none\r"], "line 1: holds a control character"),
        (["quorum none", "\x0c"], "line 2: holds a control character"),
    ],
)
def test_anything_else_is_refused_with_its_line(lines: list[str], complaint: str) -> None:
    with pytest.raises(PolicyError, match=complaint):
        Policy.parse("\n".join(lines) + "\n")


@given(st.binary(max_size=300))
def test_no_bytes_bring_it_down(content: bytes) -> None:
    try:
        Policy.parse(content)
    except PolicyError:
        return
    assert b"quorum" in content
