"""Which class models what, per service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .analysis_v1 import AnalysisV1Job
from .analysis_v2 import AnalysisV2Creation, AnalysisV2Job
from .base import Creation
from .conversion_v1 import ConversionV1Creation, ConversionV1Job
from .conversion_v2 import ConversionV2Creation, ConversionV2Job
from .modeling_v1 import ModelingV1Creation, ModelingV1Job
from .modeling_v2.jobs import ModelingV2Creation, ModelingV2Job

JobModel = ModelingV1Job | ModelingV2Job | ConversionV2Job | ConversionV1Job | AnalysisV1Job | AnalysisV2Job

JOBS: Final[Mapping[str, type[JobModel]]] = {
    model.service: model
    for model in (ModelingV1Job, ModelingV2Job, ConversionV2Job, ConversionV1Job, AnalysisV1Job, AnalysisV2Job)
}

CREATIONS: Final[Mapping[str, type[Creation]]] = {
    model.service: model
    for model in (
        ModelingV1Creation,
        ModelingV2Creation,
        ConversionV2Creation,
        ConversionV1Creation,
        AnalysisV2Creation,
    )
}
"""The bodies of creations. There is none of Analysis v1: of its creation no schema was found."""
