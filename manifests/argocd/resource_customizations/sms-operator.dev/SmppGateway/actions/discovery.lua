-- The annotation wins over the spec, so it is what Disconnect sets and Connect removes; Git does not hold it, and self-heal
-- leaves it alone.
local annotations = obj.metadata.annotations or {}
local by_hand = annotations["sms-operator.dev/disconnect"] ~= nil
local by_spec = obj.spec.connection == "Disconnected"

local actions = {}
actions["rebuild"] = {
  ["displayName"] = "Rebuild",
  ["iconClass"] = "fa fa-fw fa-sync",
  ["disabled"] = by_hand or by_spec,
}
actions["disconnect"] = {
  ["displayName"] = "Disconnect",
  ["iconClass"] = "fa fa-fw fa-unlink",
  ["disabled"] = by_hand,
  ["params"] = { { ["name"] = "reason", ["default"] = "" } },
}
actions["connect"] = {
  ["displayName"] = "Connect",
  ["iconClass"] = "fa fa-fw fa-link",
  ["disabled"] = not by_hand,
}
return actions
