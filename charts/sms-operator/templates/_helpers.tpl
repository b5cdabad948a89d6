{{- define "sms-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "sms-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else if contains (include "sms-operator.name" .) .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sms-operator.name" .) | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* What selects the pod: the release belongs to it, for two of them may share a namespace. */}}
{{- define "sms-operator.selector" -}}
app.kubernetes.io/name: {{ include "sms-operator.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the check's pods: the operator's Service and policies do not choose them. */}}
{{- define "sms-operator.checkLabels" -}}
app.kubernetes.io/name: {{ include "sms-operator.name" . }}-check
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/part-of: sms-operator
{{- end -}}

{{- define "sms-operator.labels" -}}
{{ include "sms-operator.selector" . }}
app.kubernetes.io/part-of: sms-operator
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "sms-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sms-operator.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- required "serviceAccount.name is needed where serviceAccount.create is false" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sms-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Every container of this chart. */}}
{{- define "sms-operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{/* Every pod of this chart. */}}
{{- define "sms-operator.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* What `smsctl check` needs: who it is, a token of its own, nothing of the operator's. */}}
{{- define "sms-operator.checkPod" -}}
serviceAccountName: {{ include "sms-operator.fullname" . }}-check
enableServiceLinks: false
securityContext:
  {{- include "sms-operator.podSecurity" . | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
containers:
  - name: check
    image: {{ include "sms-operator.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    command: [smsctl, check, --namespace, {{ .Release.Namespace }}]
    resources:
      requests:
        cpu: 50m
        memory: 64Mi
      limits:
        memory: 256Mi
    securityContext:
      {{- include "sms-operator.containerSecurity" . | nindent 6 }}
{{- end -}}
