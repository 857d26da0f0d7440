"""The values every layer above shares."""

from __future__ import annotations

from noxlock.model.conda import CondaLock, CondaPackage, CondaPlatform
from noxlock.model.definition import (
    Check,
    Definitions,
    Gpu,
    LockDefinition,
    ProfileDefinition,
    Session,
    Tolerance,
)
from noxlock.model.environment import Environment, ProjectInstall
from noxlock.model.lock import (
    ArchiveSource,
    ByGroup,
    ByMarker,
    ByWalk,
    Dependency,
    DirectorySource,
    IndexSource,
    Lock,
    LockedFile,
    LockedPackage,
    Selection,
    Source,
    VcsSource,
)
from noxlock.model.names import (
    ExtraName,
    GroupName,
    PlanKey,
    Sha256,
)
from noxlock.model.plan import Kind, Plan, PlannedPackage
from noxlock.model.target import Interpreter, Subdir, Target
from noxlock.model.verdict import (
    CheckReport,
    Difference,
    OutputReport,
    PackageRecord,
    Record,
    Verdict,
    worst,
)

__all__ = [
    "ArchiveSource",
    "ByGroup",
    "ByMarker",
    "ByWalk",
    "Check",
    "CheckReport",
    "CondaLock",
    "CondaPackage",
    "CondaPlatform",
    "Definitions",
    "Dependency",
    "Difference",
    "DirectorySource",
    "Environment",
    "ExtraName",
    "Gpu",
    "GroupName",
    "IndexSource",
    "Interpreter",
    "Kind",
    "Lock",
    "LockDefinition",
    "LockedFile",
    "LockedPackage",
    "OutputReport",
    "PackageRecord",
    "Plan",
    "PlanKey",
    "PlannedPackage",
    "ProfileDefinition",
    "ProjectInstall",
    "Record",
    "Selection",
    "Session",
    "Sha256",
    "Source",
    "Subdir",
    "Target",
    "Tolerance",
    "VcsSource",
    "Verdict",
    "worst",
]
