{{/*
One Deployment, its autoscaler and its disruption budget. Takes {root, service, name, pipeline, values}: of workers each pipeline is one.
*/}}
{{- define "gatehouse.deployment" -}}
{{- $root := .root }}
{{- $v := .values }}
{{- $selector := dict "root" $root "component" .service }}
{{- $isStoring := not (has .service (list "gateway" "pages")) }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .name }}
  labels:
    {{- include "gatehouse.labels" $selector | nindent 4 }}
    {{- with .pipeline }}
    gatehouse/pipeline: {{ . }}
    {{- end }}
spec:
  {{- if not $v.autoscaling.enabled }}
  replicas: {{ $v.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    type: RollingUpdate
    rollingUpdate: { maxUnavailable: 0, maxSurge: 1 }
  selector:
    matchLabels:
      {{- include "gatehouse.selector" $selector | nindent 6 }}
      {{- with .pipeline }}
      gatehouse/pipeline: {{ . }}
      {{- end }}
  template:
    metadata:
      labels:
        {{- include "gatehouse.labels" $selector | nindent 8 }}
        {{- with .pipeline }}
        gatehouse/pipeline: {{ . }}
        {{- end }}
      {{- with $v.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ include "gatehouse.fullname" $root }}-{{ .service }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      securityContext:
        {{- include "gatehouse.podSecurity" 65532 | nindent 8 }}
      {{- with $root.Values.image.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      terminationGracePeriodSeconds: {{ $v.terminationGracePeriodSeconds }}
      topologySpreadConstraints:
        {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
        - maxSkew: 1
          topologyKey: {{ . }}
          whenUnsatisfiable: ScheduleAnyway
          matchLabelKeys: [pod-template-hash]
          labelSelector:
            matchLabels:
              {{- include "gatehouse.selector" $selector | nindent 14 }}
              {{- with $.pipeline }}
              gatehouse/pipeline: {{ . }}
              {{- end }}
        {{- end }}
      {{- with include "gatehouse.placement" $v }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- if $isStoring }}
      initContainers:
        # Until the migration Job of this version is through; older replicas serve meanwhile.
        - name: schema
          image: {{ include "gatehouse.image" (dict "root" $root "service" .service) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          args: [service/bin/migrate.mjs, --wait]
          env:
            - { name: GATEHOUSE_ENV, value: {{ $root.Values.environment }} }
            - { name: DATABASE_SYSTEM_URL_FILE, value: /run/secrets/gatehouse/DATABASE_SYSTEM_URL }
          securityContext:
            {{- include "gatehouse.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml $root.Values.migrations.resources | nindent 12 }}
          volumeMounts:
            - { name: secrets, mountPath: /run/secrets/gatehouse, readOnly: true }
      {{- end }}
      containers:
        - name: {{ .service }}
          image: {{ include "gatehouse.image" (dict "root" $root "service" .service) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          env:
            {{- include "gatehouse.environment" (dict "root" $root "service" .service "pipeline" .pipeline) | nindent 12 }}
            {{- with $v.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          ports:
            - { name: http, containerPort: 8080 }
            - { name: management, containerPort: 9090 }
          startupProbe:
            httpGet: { path: /startupz, port: management }
            periodSeconds: 2
            failureThreshold: 60
          readinessProbe:
            httpGet: { path: /readyz, port: management }
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          livenessProbe:
            httpGet: { path: /livez, port: management }
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          lifecycle:
            preStop:
              sleep: { seconds: {{ $v.preStopSeconds }} }
          securityContext:
            {{- include "gatehouse.containerSecurity" . | nindent 12 }}
          resources:
            {{- toYaml $v.resources | nindent 12 }}
          volumeMounts:
            - { name: secrets, mountPath: /run/secrets/gatehouse, readOnly: true }
            {{- with $v.extraVolumeMounts }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
      volumes:
        - name: secrets
          {{- include "gatehouse.secretVolume" (dict "root" $root "service" .service) | nindent 10 }}
        {{- with $v.extraVolumes }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ .name }}
  labels:
    {{- include "gatehouse.labels" $selector | nindent 4 }}
spec:
  maxUnavailable: {{ $v.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "gatehouse.selector" $selector | nindent 6 }}
      {{- with .pipeline }}
      gatehouse/pipeline: {{ . }}
      {{- end }}
{{- if $v.autoscaling.enabled }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ .name }}
  labels:
    {{- include "gatehouse.labels" $selector | nindent 4 }}
spec:
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: {{ .name }} }
  minReplicas: {{ $v.autoscaling.minReplicas }}
  maxReplicas: {{ $v.autoscaling.maxReplicas }}
  metrics:
    - type: Resource
      resource:
        name: cpu
        target: { type: Utilization, averageUtilization: {{ $v.autoscaling.targetCPUUtilizationPercentage }} }
{{- end }}
{{- end }}
