-- Reconnect now, once: any new value of the annotation asks for it.
local os = require("os")
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["sms-operator.dev/rebuild"] = os.date("!%Y-%m-%dT%H:%M:%SZ")
return obj
