-- Unbind and stay away until Connect. Older versions of Argo CD have no parameters; the reason is then left out.
local os = require("os")
local why = "Argo CD, " .. os.date("!%Y-%m-%dT%H:%M:%SZ")
if actionParams ~= nil and actionParams["reason"] ~= nil and actionParams["reason"] ~= "" then
  why = why .. ": " .. actionParams["reason"]
end
if obj.metadata.annotations == nil then
  obj.metadata.annotations = {}
end
obj.metadata.annotations["sms-operator.dev/disconnect"] = why
return obj
