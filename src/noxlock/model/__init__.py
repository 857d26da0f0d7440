"""The values every layer above shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

from noxlock._lazy import lazily

if TYPE_CHECKING:
    from noxlock.model.changes import (
        ChangeKind,
        Layer,
        LockChange,
        LockDifference,
        PinnedAs,
    )
    from noxlock.model.conda import CondaLock, CondaPackage, CondaPlatform
    from noxlock.model.definition import (
        BaselineStore,
        Check,
        Definitions,
        Gpu,
        LockDefinition,
        Session,
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
    from noxlock.model.profile import FileOrder, ProfileDefinition, Vary
    from noxlock.model.record import (
        ArraySummary,
        HistoryEntry,
        Noise,
        OutputChange,
        PackageChange,
        PackageRecord,
        Record,
        Resources,
        Warned,
    )
    from noxlock.model.report import Cause, CauseKind, CheckReport, Variation
    from noxlock.model.target import Interpreter, Subdir, Target
    from noxlock.model.tolerance import (
        Closeness,
        DefaultTolerance,
        Distribution,
        Tolerance,
        Tolerances,
    )
    from noxlock.model.verdict import (
        Difference,
        OutputReport,
        Part,
        Place,
        Verdict,
        worst,
    )

__all__ = [
    "ArchiveSource",
    "ArraySummary",
    "BaselineStore",
    "ByGroup",
    "ByMarker",
    "ByWalk",
    "Cause",
    "CauseKind",
    "ChangeKind",
    "Check",
    "CheckReport",
    "Closeness",
    "CondaLock",
    "CondaPackage",
    "CondaPlatform",
    "DefaultTolerance",
    "Definitions",
    "Dependency",
    "Difference",
    "DirectorySource",
    "Distribution",
    "Environment",
    "ExtraName",
    "FileOrder",
    "Gpu",
    "GroupName",
    "HistoryEntry",
    "IndexSource",
    "Interpreter",
    "Kind",
    "Layer",
    "Lock",
    "LockChange",
    "LockDefinition",
    "LockDifference",
    "LockedFile",
    "LockedPackage",
    "Noise",
    "OutputChange",
    "OutputReport",
    "PackageChange",
    "PackageRecord",
    "Part",
    "PinnedAs",
    "Place",
    "Plan",
    "PlanKey",
    "PlannedPackage",
    "ProfileDefinition",
    "ProjectInstall",
    "Record",
    "Resources",
    "Selection",
    "Session",
    "Sha256",
    "Source",
    "Subdir",
    "Target",
    "Tolerance",
    "Tolerances",
    "Variation",
    "Vary",
    "VcsSource",
    "Verdict",
    "Warned",
    "worst",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "changes": "ChangeKind Layer LockChange LockDifference PinnedAs",
            "conda": "CondaLock CondaPackage CondaPlatform",
            "definition": "BaselineStore Check Definitions Gpu LockDefinition Session",
            "environment": "Environment ProjectInstall",
            "lock": (
                "ArchiveSource ByGroup ByMarker ByWalk Dependency DirectorySource "
                "IndexSource Lock LockedFile LockedPackage Selection Source "
                "VcsSource"
            ),
            "names": "ExtraName GroupName PlanKey Sha256",
            "plan": "Kind Plan PlannedPackage",
            "profile": "FileOrder ProfileDefinition Vary",
            "record": (
                "ArraySummary HistoryEntry Noise OutputChange PackageChange "
                "PackageRecord Record Resources Warned"
            ),
            "report": "Cause CauseKind CheckReport Variation",
            "target": "Interpreter Subdir Target",
            "tolerance": "Closeness DefaultTolerance Distribution Tolerance Tolerances",
            "verdict": "Difference OutputReport Part Place Verdict worst",
        },
    )
