"""Networks of every family of torchvision and timm, each recording held against independent witnesses.

The smallest network of a family, at the smallest size that it takes. `scripts/record_networks.py` does the
same for some hundreds more.
"""

from __future__ import annotations

import random
from collections import Counter
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import numpy as np
import pytest
import timm
import torch
from timm.models._registry import list_modules
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode
from torchvision import models

from glassnet.trace.completeness import completeness
from glassnet.trace.nested import tensors_in, with_tensors
from glassnet.trace.record import record

if TYPE_CHECKING:
    from glassnet.trace.trace import Trace

# family: network, side of the picture, whether the network is told its size
TIMM = {
    "byobnet": ("test_byobnet", 32, False),
    "cait": ("cait_xxs24_224", 32, True),
    "coat": ("coat_tiny", 32, True),
    "convit": ("convit_tiny", 32, True),
    "convmixer": ("convmixer_768_32", 32, False),
    "convnext": ("test_convnext", 32, False),
    "cpubone": ("cpubone_nano", 32, False),
    "crossvit": ("crossvit_tiny_240", 240, True),
    "csatv2": ("csatv2", 64, False),
    "cspnet": ("cs3darknet_focus_s", 32, False),
    "cspnext": ("cspnext_tiny", 32, False),
    "davit": ("davit_tiny", 32, False),
    "deit": ("deit_tiny_patch16_224", 32, True),
    "densenet": ("densenet121", 32, False),
    "dla": ("dla46x_c", 32, False),
    "dpn": ("dpn48b", 32, False),
    "edgenext": ("edgenext_xx_small", 32, False),
    "efficientformer": ("efficientformer_l1", 224, False),
    "efficientformer_v2": ("efficientformerv2_s0", 32, True),
    "efficientnet": ("test_efficientnet", 32, False),
    "efficientvim": ("efficientvim_m1", 32, False),
    "efficientvit_mit": ("efficientvit_b0", 32, False),
    "efficientvit_msra": ("efficientvit_m0", 32, True),
    "eva": ("vit_tiny_patch16_dinov3_qkvb", 32, True),
    "fasternet": ("fasternet_t0", 32, False),
    "fastvit": ("fastvit_t8", 32, False),
    "gcvit": ("gcvit_xxtiny", 32, True),
    "ghostnet": ("ghostnet_050", 32, False),
    "hardcorenas": ("hardcorenas_b", 32, False),
    "hgnet": ("hgnetv2_b0", 32, False),
    "hrnet": ("hrnet_w18_small", 32, False),
    "iformer": ("iformer_t", 32, False),
    "inception_next": ("inception_next_atto", 32, False),
    "lcnetv2": ("lcnetv2_small", 32, False),
    "levit": ("levit_128s", 32, True),
    "lowformer": ("lowformer_b0", 32, False),
    "mambaout": ("test_mambaout", 32, False),
    "maxxvit": ("test_coatnet", 32, True),
    "metaformer": ("poolformerv2_s12", 32, False),
    "mlp_mixer": ("gmlp_ti16_224", 32, True),
    "mobilenetv3": ("mobilenetv3_small_050", 32, False),
    "mobilevit": ("mobilevit_xxs", 32, True),
    "mvitv2": ("mvitv2_tiny", 32, True),
    "nest": ("nest_tiny", 32, True),
    "nfnet": ("test_nfnet", 32, False),
    "pit": ("pit_ti_224", 32, True),
    "pvt_v2": ("pvt_v2_b0", 32, False),
    "rdnet": ("rdnet_tiny", 32, False),
    "regnet": ("regnetx_002", 32, False),
    "repghost": ("repghostnet_050", 32, False),
    "repvit": ("repvit_m1", 32, False),
    "res2net": ("res2next50", 32, False),
    "resnest": ("resnest14d", 32, False),
    "resnet": ("test_resnet", 32, False),
    "resnetv2": ("resnetv2_18", 32, False),
    "rexnet": ("rexnet_100", 32, False),
    "senet": ("legacy_seresnet18", 32, False),
    "sequencer": ("sequencer2d_s", 32, True),
    "shvit": ("shvit_s1", 32, False),
    "sknet": ("skresnet18", 32, False),
    "starnet": ("starnet_s050", 32, False),
    "swiftformer": ("swiftformer_xs", 32, False),
    "swin_transformer": ("swin_tiny_patch4_window7_224", 32, True),
    "swin_transformer_v2": ("swinv2_tiny_window16_256", 32, True),
    "swin_transformer_v2_cr": ("swinv2_cr_tiny_224", 32, True),
    "tiny_vit": ("tiny_vit_5m_224", 32, False),
    "tnt": ("tnt_s_legacy_patch16_224", 32, True),
    "twins": ("twins_svt_small", 32, True),
    "visformer": ("visformer_tiny", 32, True),
    "vision_transformer": ("test_vit", 32, True),
    "vision_transformer_hybrid": ("vit_tiny_r_s16_p8_224", 32, True),
    "vision_transformer_relpos": ("test_vit_relpos", 32, True),
    "vitamin": ("vitamin_small_224", 32, True),
    "volo": ("volo_d1_224", 32, True),
    "vovnet": ("ese_vovnet19b_slim_dw", 32, False),
    "xception": ("legacy_xception", 32, False),
    "xception_aligned": ("xception41p", 32, False),
    "xcit": ("xcit_nano_12_p8_224", 32, True),
}
TIMM_SLOW = {
    "beit": ("beit_base_patch16_224", 32, True),
    "byoanet": ("halonet_h1", 256, False),
    "focalnet": ("focalnet_tiny_srf", 32, False),
    "gemma4_vit": ("gemma4_vit_167m", 96, True),
    "hiera": ("hiera_tiny_224", 32, True),
    "hieradet_sam2": ("sam2_hiera_tiny", 32, False),
    "inception_resnet_v2": ("inception_resnet_v2", 96, False),
    "inception_v3": ("inception_v3", 96, False),
    "inception_v4": ("inception_v4", 96, False),
    "mobilenetv5": ("mobilenetv5_base", 32, False),
    "naflexvit": ("naflexvit_base_patch16_parfac_gap", 32, True),
    "nasnet": ("nasnetalarge", 32, False),
    "nextvit": ("nextvit_small", 32, False),
    "pnasnet": ("pnasnet5large", 32, False),
    "qwen3_vit": ("qwen3_vit_88m", 32, True),
    "selecsls": ("selecsls42", 32, False),
    "tresnet": ("tresnet_m", 32, False),
    "vgg": ("vgg11", 32, False),
    "vision_transformer_sam": ("samvit_base_patch16_224", 32, True),
}
TOO_LARGE = {"deepseek_vit"}  # 412 million parameters; the script records it
# family: network, side of the picture, further arguments
TORCHVISION = {
    "densenet": ("densenet121", 32, {}),
    "efficientnet": ("efficientnet_b0", 32, {}),
    "googlenet": ("googlenet", 32, {"init_weights": False}),
    "mnasnet": ("mnasnet0_5", 32, {}),
    "mobilenetv2": ("mobilenet_v2", 32, {}),
    "mobilenetv3": ("mobilenet_v3_small", 32, {}),
    "regnet": ("regnet_y_400mf", 32, {}),
    "resnet": ("resnet18", 32, {}),
    "shufflenetv2": ("shufflenet_v2_x0_5", 32, {}),
    "squeezenet": ("squeezenet1_1", 32, {}),
}
TORCHVISION_SLOW = {
    "alexnet": ("alexnet", 64, {}),
    "convnext": ("convnext_tiny", 32, {}),
    "inception": ("inception_v3", 96, {"init_weights": False}),
    "maxvit": ("maxvit_t", 224, {}),
    "swin_transformer": ("swin_t", 32, {}),
    "vgg": ("vgg11", 32, {}),
    "vision_transformer": ("vit_b_32", 32, {"image_size": 32}),
}
RECURRENT = {"lstm"}
slow = pytest.mark.slow


def cases() -> list:
    quick = [("timm", *entry) for entry in TIMM.values()]
    quick += [("torchvision", *entry) for entry in TORCHVISION.values()]
    rest = [("timm", *entry) for entry in TIMM_SLOW.values()]
    rest += [("torchvision", *entry) for entry in TORCHVISION_SLOW.values()]
    return [
        *(pytest.param(case, id=f"{case[0]}-{case[1]}") for case in quick),
        *(pytest.param(case, id=f"{case[0]}-{case[1]}", marks=slow) for case in rest),
    ]


def made(case: tuple) -> tuple[nn.Module, torch.Tensor]:
    """Make a network in eval mode with random weights, and a picture for it."""
    library, name, side, extra = case
    torch.manual_seed(0)
    if library == "timm":
        net = timm.create_model(name, **({"img_size": side} if extra else {}))
    else:
        net = models.get_model_builder(name)(**extra)
    return net.eval(), torch.randn(1, 3, side, side)


@contextmanager
def unfused_attention():
    """Keep PyTorch from its fused path of attention, which it leaves as soon as anything looks on."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def plain_output(net: nn.Module, picture: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad(), unfused_attention():
        return tensors_in(net(picture))


def counted_multiply_adds(net: nn.Module, picture: torch.Tensor, *, recurrent: bool) -> int:
    """Let PyTorch's counter count: two operations are one multiply-add; it does not know fused kernels."""
    net.requires_grad_(False)  # it stumbles over a parameter that is the input of a module
    counter = FlopCounterMode(display=False)
    with ExitStack() as stack:
        for context in (torch.no_grad(), unfused_attention(), sdpa_kernel(SDPBackend.MATH)):
            stack.enter_context(context)
        if recurrent:
            stack.enter_context(torch.backends.mkldnn.flags(enabled=False))
        stack.enter_context(counter)
        net(picture)
    return counter.get_total_flops() // 2


def parts_of(held: object) -> list:
    return [(key, id(part)) for key, part in held.items()] if isinstance(held, dict) else []


def state_of(net: nn.Module) -> dict:
    """Copy what must stay as it is."""
    tensors = {
        name: (id(t), t.detach().clone()) for name, t in [*net.named_parameters(), *net.named_buffers()]
    }
    modules = {
        path: (part.training, {name: (id(held), parts_of(held)) for name, held in vars(part).items()})
        for path, part in net.named_modules()
    }
    return {"tensors": tensors, "modules": modules}


def assert_as_before(net: nn.Module, before: dict) -> None:
    now = state_of(net)
    assert now["modules"] == before["modules"]
    assert now["tensors"].keys() == before["tensors"].keys()
    for name, (identity, tensor) in before["tensors"].items():
        assert now["tensors"][name][0] == identity, name
        assert torch.equal(now["tensors"][name][1], tensor), name


def assert_same(recorded: list[torch.Tensor], plain: list[torch.Tensor]) -> None:
    assert len(recorded) == len(plain)
    for one, other in zip(recorded, plain, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def assert_linked(trace: Trace) -> None:
    """Nothing came from nowhere: from the output back, every link leads to the picture or the network."""
    assert [value.name for value in trace.values if value.kind == "constant"] == []
    assert all(op.source is not None for op in trace.ops)
    waiting, reached = numbers_in(trace.output), set()
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            maker = trace.values[number].made_by
            assert maker is None or number in trace.ops[maker].outputs
            waiting.extend(() if maker is None else trace.ops[maker].inputs)
    assert set(trace.inputs) <= reached
    read = {value.number for value in trace.values if value.kind == "parameter"}
    assert read <= reached


def numbers_in(output: object) -> list[int]:
    numbers: list[int] = []
    with_tensors(output, numbers.append)
    return numbers


@pytest.mark.parametrize("case", cases())
@pytest.mark.filterwarnings("ignore")  # of the networks
def test_every_witness_agrees_with_the_recording(case):
    net, picture = made(case)
    before, generators = (
        state_of(net),
        (torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()),
    )

    trace = record(net, picture, keep=[""])

    assert_as_before(net, before)
    assert torch.equal(torch.get_rng_state(), generators[0])
    assert random.getstate() == generators[1]
    assert (np.random.get_state()[1] == generators[2]).all()
    assert trace.unseen == ()
    own = [parameter for module in trace.modules for parameter in module.parameters]
    assert sum(p.size for p in own if p.shared_with is None) == sum(p.numel() for p in net.parameters())
    # now only, because the first pass fills the caches of some networks
    assert_same(tensors_in(with_tensors(trace.output, trace.kept.__getitem__)), plain_output(net, picture))
    recurrent = any(op.name in RECURRENT for op in trace.ops)
    assert sum(op.macs for op in trace.ops) == counted_multiply_adds(net, picture, recurrent=recurrent)
    assert_linked(trace)
    counts = completeness(net, picture)
    assert counts.outside == {}
    assert counts.num_inside == counts.num_low_level > 0


@pytest.mark.slow
@pytest.mark.parametrize("case", cases())
@pytest.mark.filterwarnings("ignore")
def test_gradients_are_those_of_the_plain_backward_pass(case):
    net, picture = made(case)
    trace = record(net, picture, backward=lambda output: tensors_in(output)[0].square().sum(), keep="all")
    assert all(parameter.grad is None for parameter in net.parameters())
    with unfused_attention():
        tensors_in(net(picture))[0].square().sum().backward()
    numbers = {value.name: value.number for value in trace.values if value.kind == "parameter"}
    for name, parameter in net.named_parameters():
        kept = trace.kept_gradients.get(numbers[name]) if name in numbers else None
        assert (kept is None) == (parameter.grad is None), name
        if kept is not None:
            np.testing.assert_array_equal(kept.numpy(), parameter.grad.numpy(), err_msg=name)


def test_every_family_of_both_libraries_is_here():
    assert {*TIMM, *TIMM_SLOW} | TOO_LARGE == set(list_modules())
    names = models.list_models(module=models)
    families = {models.get_model_builder(name).__module__.rpartition(".")[2] for name in names}
    assert {*TORCHVISION, *TORCHVISION_SLOW} == families
    chosen = [entry[0] for table in (TIMM, TIMM_SLOW) for entry in table.values()]
    assert Counter(chosen).most_common(1)[0][1] == 1
