"""Networks in PyTorch (extra `torch`): the one room that imports torch. docs/kernels.md, docs/networks.md.

from catalysis.torch import empirical_kernel, follow
empirical_kernel(model, X).save("kernel.npz")
run = follow(model, X, y, eta="0.5", steps=4000)
"""

from __future__ import annotations

from catalysis.torch.follow import KernelMonitor, follow
from catalysis.torch.kernel import MEMORY, EmpiricalKernel, KernelMeta, empirical_kernel

__all__ = ["MEMORY", "EmpiricalKernel", "KernelMeta", "KernelMonitor", "empirical_kernel", "follow"]
