-- Take back what Disconnect did. A gateway with `connection: Disconnected` in Git stays disconnected: change it there.
local annotations = obj.metadata.annotations
if annotations ~= nil then
  annotations["sms-operator.dev/disconnect"] = nil
  -- Argo CD takes a table that has become empty for one that was not touched, so the last annotation goes with its table.
  if next(annotations) == nil then
    obj.metadata.annotations = nil
  end
end
return obj
