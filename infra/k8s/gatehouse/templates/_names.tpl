{{/* Names and labels. A component is a service, a server or the migrations; policies and selectors go by it. */}}

{{- define "gatehouse.fullname" -}}
{{- if contains "gatehouse" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-gatehouse" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "gatehouse.instance" -}}
app.kubernetes.io/name: gatehouse
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Takes {root, component}. */}}
{{- define "gatehouse.selector" -}}
{{ include "gatehouse.instance" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Takes {root, component}. */}}
{{- define "gatehouse.labels" -}}
{{ include "gatehouse.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* Takes {root, service}. */}}
{{- define "gatehouse.image" -}}
{{ with .root.Values.image.registry }}{{ . | trimSuffix "/" }}/{{ end }}gatehouse/{{ .service }}{{ with get .root.Values.image.digests .service }}@{{ . }}{{ else }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Where a pod may run and what belongs to the cluster it runs in; takes the values of a service over the defaults. */}}
{{- define "gatehouse.placement" -}}
{{- with .nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .dnsPolicy }}
dnsPolicy: {{ . }}
{{- end }}
{{- with .dnsConfig }}
dnsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* What a pod with the restricted profile of the pod security standards states; takes the uid. */}}
{{- define "gatehouse.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "gatehouse.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What the services can be told, as their own --print-config says: files/settings.json is generated from it. */}}
{{- define "gatehouse.settings" -}}
{{ .Files.Get "files/settings.json" }}
{{- end }}
