"""A NET is parsed without running anything, and written back the same."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glassnet.errors import NetError
from glassnet.nets import NETS
from glassnet.nets.spec import NetSpec, parse_spec

identifiers = st.sampled_from(["width", "size", "num_classes", "名字", "x1", "activation"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**6), 10**6)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
)
literals = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
arguments = st.dictionaries(identifiers, literals, max_size=3)
specs = st.one_of(
    st.builds(NetSpec, st.just("glassnet"), st.sampled_from(sorted(NETS)), arguments),
    st.builds(
        NetSpec,
        st.sampled_from(["torchvision", "timm"]),
        st.sampled_from(["resnet18", "vit.in1k"]),
        arguments,
    ),
    st.builds(
        NetSpec,
        st.just("file"),
        st.sampled_from(["Net", "网络"]),
        arguments,
        st.sampled_from(["net.py", "/a b/模型.py", "C:\\nets\\net.py", "../it's (new)/net.py"]),
    ),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(specs)
def test_written_and_parsed_again_is_the_same(spec):
    assert parse_spec(str(spec)) == spec


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text(max_size=60))
def test_any_text_gives_a_spec_or_a_net_error(text):
    try:
        parse_spec(text)
    except NetError as error:
        assert error.exit_code == 2


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (" lenet ", NetSpec("glassnet", "lenet")),
        ("lenet()", NetSpec("glassnet", "lenet")),
        ("mlp-deep(size=(28, 30))", NetSpec("glassnet", "mlp-deep", {"size": (28, 30)})),
        ("torchvision:resnet18(weights=DEFAULT)", NetSpec("torchvision", "resnet18", {"weights": "DEFAULT"})),
        ("timm:resnet18.a1_in1k", NetSpec("timm", "resnet18.a1_in1k")),
        ("a.py:Net(path='b.py:C')", NetSpec("file", "Net", {"path": "b.py:C"}, "a.py")),
        ("mlp(a=-1, b=[1, {'c': None}])", NetSpec("glassnet", "mlp", {"a": -1, "b": [1, {"c": None}]})),
    ],
)
def test_forms(net, expected):
    assert parse_spec(net) == expected


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (
            "lenett",
            (
                "there is no network 'lenett'\n"
                "  expected: a name (lenet), lenet(width=64), torchvision:NAME, timm:NAME or "
                "path/to/file.py:Class(width=64)\n"
                "  hint: did you mean 'lenet'?"
            ),
        ),
        (
            "torchvison:resnet18",
            "networks do not come from 'torchvison'\n  hint: did you mean 'torchvision'?",
        ),
        (
            "net.py",
            "a file of networks needs the name of a class\n  where: net.py\n  expected: net.py:Class",
        ),
        (
            "net.py:",
            "no class is named after the file\n  where: net.py:\n  expected: path/to/file.py:Class",
        ),
        (
            "lenet(64)",
            "arguments of a network are given by name\n  where: lenet(64)\n  got: 64\n  expected: width=64",
        ),
        (
            "lenet(**x)",
            "arguments of a network are given by name\n  where: lenet(**x)\n  got: **x",
        ),
        (
            "lenet(width=1, width=2)",
            "the argument 'width' is given twice\n  where: lenet(width=1, width=2)",
        ),
        (
            "lenet(width=)",
            "the arguments of the network cannot be read\n  where: lenet(width=)\n  got: (width=)",
        ),
        (
            "cifar-quick(activation=tanh)",
            (
                "the argument 'activation' is not a plain value\n"
                "  where: cifar-quick(activation=tanh)\n"
                "  got: tanh\n"
                "  expected: a number, quoted text, True, False, None, or a tuple, list or dict of these\n"
                "  hint: text stands in quotes: activation='tanh'"
            ),
        ),
        (
            "lenet(width=__import__('os').system('true'))",
            (
                "the argument 'width' is not a plain value\n"
                "  where: lenet(width=__import__('os').system('true'))\n"
                "  got: __import__('os').system('true')\n"
                "  expected: a number, quoted text, True, False, None, or a tuple, list or dict of these"
            ),
        ),
        (
            "lenet(width=" + "9" * 20_000 + ")",
            "this NET is too long\n  got: 20,013 characters\n  expected: at most 10,000",
        ),
    ],
)
def test_errors_in_exact_words(net, message):
    with pytest.raises(NetError) as caught:
        parse_spec(net)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "value", ["1e999", "{1, 2}", "b'x'", "1+2j", "9" * 5000, "(" * 300 + ")" * 300, "2**99"]
)
def test_what_is_no_plain_value_is_refused(value):
    with pytest.raises(NetError):
        parse_spec(f"lenet(width={value})")
