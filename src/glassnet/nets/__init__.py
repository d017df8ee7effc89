"""The networks: one per file, each a plain `nn.Module`; `NETS` is the one list of their names.

Importing this package loads no torch: the classes are loaded when a network is built.

- `spec`: a NET as written on the command line, parsed: no code is run
- `build`: a NET becomes a module, with everything that a run needs to build it again
- `rebuild`: a run's network is built again from its record
- `from_file`, `from_torchvision`, `from_timm`, `fill_in`: the parts of `build`, one source of networks each
- `named`: which networks from files this person has named before, so that a stranger's code never runs
- `weights`: weights files are read, compared with the network and loaded, or refused
- `logits`: which tensor of a network's output holds the logits
- `fit_check`: does the network fit the pictures? One forward pass, before any training
- `measure`: number of parameters, multiply-adds per picture
- `untouched`: a network is left exactly as it was
- `glass`: our own small network, the default
- `mlp` ... `previews`: the networks of the tutorials
"""

from __future__ import annotations

NETS: dict[str, str] = {
    "glass": "glassnet.nets.glass:Glass",
    "mlp": "glassnet.nets.mlp:MLP",
    "mlp-deep": "glassnet.nets.mlp_deep:DeepMLP",
    "fashion-cnn": "glassnet.nets.fashion_cnn:FashionCNN",
    "lenet": "glassnet.nets.lenet:LeNet",
    "cifar-quick": "glassnet.nets.cifar_quick:CifarQuick",
    "activation": "glassnet.nets.activation:Activation",
    "conv-preview": "glassnet.nets.previews:ConvPreview",
    "pool-preview": "glassnet.nets.previews:PoolPreview",
    "linear-preview": "glassnet.nets.previews:LinearPreview",
}
