"""The data plane: one supervised link per gateway, kept up whatever happens to the control plane."""
