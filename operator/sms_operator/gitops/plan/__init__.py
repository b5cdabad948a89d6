"""What a merge would do, in the operator's terms: a pure function of two lists of objects, and its faces."""

from .compare import plan
from .model import Action, Conflict, Degradation, Disruption, FieldChange, ObjectChange, Plan, RouteChange
from .worlds import PlanError, Side, side

__all__ = [
    "Action",
    "Conflict",
    "Degradation",
    "Disruption",
    "FieldChange",
    "ObjectChange",
    "Plan",
    "PlanError",
    "RouteChange",
    "Side",
    "plan",
    "side",
]
