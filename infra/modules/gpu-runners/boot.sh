# Boot script of a runner. Terraform puts the shebang and the settings ESPALIER_* before it; this file is not rendered.
#
# The instance always ends: after its one job, when a step fails, and after its lifetime. A failed step is written to
# CloudWatch first, and the reconciler starts the job again on another instance.
set -euo pipefail

: "${ESPALIER_ROOT:=}" # tests set another root
LOG="$ESPALIER_ROOT/var/log/espalier-boot.log"
RUNNER="$ESPALIER_ROOT/opt/actions-runner"
STEP=start
INSTANCE=unknown
export AWS_DEFAULT_REGION="$ESPALIER_REGION"

log_event() { # stream, text
  aws logs create-log-stream --log-group-name "$ESPALIER_LOG_GROUP" --log-stream-name "$1" || true # it may exist
  aws logs put-log-events --log-group-name "$ESPALIER_LOG_GROUP" --log-stream-name "$1" \
    --log-events "timestamp=$(date +%s)000,message=$2"
}

end() { # reports a failure by the exit status, then shuts down
  status=$?
  trap - EXIT
  if [ "$status" -ne 0 ]; then
    what="BOOT FAILED"
    [ "$STEP" != job ] || what="RUNNER FAILED"
    echo "$what at $STEP with $status"
    log_event "$INSTANCE/failed" "\"$what at $STEP with $status on $INSTANCE: $(tail -n 5 "$LOG" | tr -c '[:alnum:] ._/:=-' ' ')\"" ||
      echo "could not write to CloudWatch"
  fi
  sleep "${ESPALIER_FLUSH_SECONDS:-10}" # time for the agent to send its logs
  shutdown -h now
}

metadata() {
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' http://169.254.169.254/latest/api/token)
  curl -sf -H "X-aws-ec2-metadata-token: $token" "http://169.254.169.254/latest/meta-data/$1"
}

send_logs() { # streams boot and job logs
  command -v amazon-cloudwatch-agent-ctl > /dev/null || dnf install -y -q amazon-cloudwatch-agent
  cat > "$ESPALIER_ROOT/etc/espalier-logs.json" << JSON
{"agent": {"run_as_user": "root"}, "logs": {"force_flush_interval": 5, "logs_collected": {"files": {"collect_list": [
  {"file_path": "$LOG", "log_group_name": "$ESPALIER_LOG_GROUP", "log_stream_name": "$INSTANCE/boot"},
  {"file_path": "$RUNNER/_diag/*.log", "log_group_name": "$ESPALIER_LOG_GROUP", "log_stream_name": "$INSTANCE/job"}
]}}}}
JSON
  amazon-cloudwatch-agent-ctl -a fetch-config -m ec2 -s -c "file:$ESPALIER_ROOT/etc/espalier-logs.json"
}

install_tools() {
  missing=()
  for program in docker git tar; do
    command -v "$program" > /dev/null || missing+=("$program")
  done
  [ "${#missing[@]}" -eq 0 ] || dnf install -y -q "${missing[@]}"
  systemctl enable --now docker
  if [ "$ESPALIER_GPU" = 1 ] && ! command -v nvidia-smi > /dev/null; then
    dnf install -y -q nvidia-release
    dnf install -y -q "kernel-devel-$(uname -r)" kmod-nvidia-open-dkms nvidia-driver-cuda nvidia-container-toolkit
    modprobe nvidia
    nvidia-ctk runtime configure --runtime=docker
    systemctl restart docker
  fi
}

check_gpu() { # a GPU that does not respond would fail the job after minutes that cost money
  [ "$ESPALIER_GPU" = 1 ] || return 0
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
}

install_runner() {
  id runner > /dev/null 2>&1 || useradd --create-home runner
  usermod -aG docker runner
  [ -x "$RUNNER/run.sh" ] && return 0
  archive=$(mktemp)
  version=$ESPALIER_RUNNER_PACKAGE_VERSION
  curl -sfL --retry 5 -o "$archive" \
    "https://github.com/actions/runner/releases/download/v$version/actions-runner-linux-x64-$version.tar.gz"
  echo "$ESPALIER_RUNNER_PACKAGE_SHA256  $archive" | sha256sum --check --quiet
  mkdir -p "$RUNNER"
  tar -xzf "$archive" -C "$RUNNER"
  "$RUNNER/bin/installdependencies.sh"
  chown -R runner: "$RUNNER"
}

runner_configuration() { # scale-up writes it as soon as EC2 Fleet returns the ID of this instance
  until=$((SECONDS + 60 * ESPALIER_BOOT_MINUTES))
  while [ "$SECONDS" -lt "$until" ]; do
    if aws ssm get-parameter --with-decryption --name "$ESPALIER_CONFIGURATION_PATH/$INSTANCE" \
      --query Parameter.Value --output text 2> /dev/null; then
      return 0
    fi
    sleep "${ESPALIER_POLL_SECONDS:-5}"
  done
  return 1
}

trap end EXIT
mkdir -p "$(dirname "$LOG")"
exec >> "$LOG" 2>&1

STEP=watchdog # first, before any step that could hang; it acts if the reaper does not
systemd-run --unit=espalier-watchdog --on-active="${ESPALIER_LIFETIME_MINUTES}min" systemctl poweroff --force
STEP=metadata
INSTANCE=$(metadata instance-id)
STEP=logs
send_logs
STEP=tools
install_tools
STEP=nvidia-smi
check_gpu
STEP=runner
install_runner
STEP=configuration
configuration=$(runner_configuration)
STEP=job
echo "registering as $ESPALIER_POOL-$INSTANCE"
cd "$RUNNER"
# through the environment, since every user of the machine can read a command line
ACTIONS_RUNNER_INPUT_JITCONFIG=$configuration runuser -u runner -- ./run.sh
STEP=done
