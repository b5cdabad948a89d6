-- Conditions follow kstatus: Ready sums up, Stalled means that only a person can repair it.
local health = { status = "Progressing", message = "Waiting for sms-operator to look at it" }
if obj.metadata.deletionTimestamp ~= nil then
  health.message = "Being deleted"
  return health
end
-- A derived route has no status: its channel's condition Routed speaks of it.
if obj.kind == "NotificationRoute" and obj.spec.origin == "Derived" then
  health.status = "Healthy"
  health.message = "Kept by its SmsChannel"
  return health
end
if obj.status == nil or obj.status.conditions == nil then
  return health
end
if obj.status.observedGeneration ~= obj.metadata.generation then
  health.message = "Waiting for sms-operator to look at the change"
  return health
end
local conditions = {}
for _, condition in ipairs(obj.status.conditions) do
  conditions[condition.type] = condition
end
local ready = conditions["Ready"]
local stalled = conditions["Stalled"]
local expiring = conditions["ExpiringSoon"]
if ready == nil then
  return health
end
health.message = ready.message
if stalled ~= nil and stalled.status == "True" then
  health.status = "Degraded"
  health.message = stalled.message
elseif ready.status == "True" then
  health.status = "Healthy"
  if expiring ~= nil and expiring.status == "True" then
    health.message = expiring.message
  end
  -- A gateway that is disconnected on purpose, by the spec or by the annotation: as wished, and no traffic.
  if obj.kind == "SmppGateway" and ready.reason == "Disconnected" then
    health.status = "Suspended"
  end
elseif obj.kind == "ChannelExport" and ready.status == "False" then
  -- An export runs once: what has failed is not tried again.
  health.status = "Degraded"
end
return health
