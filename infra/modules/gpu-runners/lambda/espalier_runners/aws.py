"""Implementations of the interfaces in ``ports`` with EC2, SSM, SQS and DynamoDB."""

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, cast

from botocore.exceptions import ClientError

from espalier_runners import decide
from espalier_runners.errors import LostRace, RunnersError
from espalier_runners.ports import Instance, Job, Mark, Order, Shortage, State
from espalier_runners.settings import RunnerClass

POOL, CLASS, LAUNCH, SCOPE = "espalier-pool", "espalier-class", "espalier-launch", "espalier-scope"
INSTANCE_ARN = "espalier-instance-arn"
# Errors of a pool, which is an instance type in a zone. A quota error is not one, since it applies to all zones.
POOL_ERRORS = frozenset(
    {
        "InsufficientCapacityOnOutpost",
        "InsufficientFreeAddressesInSubnet",
        "InsufficientHostCapacity",
        "InsufficientInstanceCapacity",
        "InsufficientReservedInstanceCapacity",
        "UnfulfillableCapacity",
        "Unsupported",
        "UnsupportedOperation",
    }
)
QUOTA_ERRORS = frozenset(
    {
        "InstanceLimitExceeded",
        "MaxSpotInstanceCountExceeded",
        "RequestLimitExceeded",
        "SpotMaxPriceTooLow",
        "VcpuLimitExceeded",
    }
)


class Client(Protocol):
    """A boto3 client, whose methods exist only at run time."""

    def __getattr__(self, name: str) -> Any:
        """Return a method of the client."""


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class Ec2Cloud:
    """Implement ``ports.Cloud``. The tag of the pool marks its instances, and the roles are limited to this tag."""

    def __init__(
        self, ec2: Client, ssm: Client, pool: str, path: str = "", key: str = "", arn_prefix: str = ""
    ) -> None:
        """Use these clients; ``path``, ``key`` and ``arn_prefix`` are needed only for configurations."""
        self._ec2, self._ssm, self._pool = ec2, ssm, pool
        self._path, self._key, self._arn_prefix = path.rstrip("/"), key, arn_prefix

    def launch(self, order: Order, runner_class: RunnerClass, job: Job, scope: str) -> Instance | Shortage:
        """Start one instance with EC2 Fleet, or return the shortage."""
        tags = {
            POOL: self._pool,
            CLASS: runner_class.name,
            LAUNCH: job.launch,
            SCOPE: scope,
            "Name": f"{self._pool}-{runner_class.name}",
        }
        overrides: list[dict[str, Any]] = []
        for subnet in order.subnets:
            for rank, kind in enumerate(order.types):
                override: dict[str, Any] = {"InstanceType": kind, "SubnetId": subnet}
                overrides.append(override if order.spot else {**override, "Priority": float(rank)})
        token = hashlib.sha256(f"{self._pool} {job.launch} {order}".encode()).hexdigest()
        options: dict[str, Any] = (
            {"SpotOptions": {"AllocationStrategy": "price-capacity-optimized"}}
            if order.spot
            else {"OnDemandOptions": {"AllocationStrategy": "prioritized"}}
        )
        try:
            found = self._ec2.create_fleet(
                Type="instant",
                ClientToken=token,  # a repeated launch returns the same instance and does not start a second one
                TargetCapacitySpecification={
                    "TotalTargetCapacity": 1,
                    "DefaultTargetCapacityType": "spot" if order.spot else "on-demand",
                },
                LaunchTemplateConfigs=[
                    {
                        "LaunchTemplateSpecification": {
                            "LaunchTemplateId": runner_class.launch_template_id,
                            "Version": "$Default",
                        },
                        "Overrides": overrides,
                    }
                ],
                TagSpecifications=[
                    {"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}
                    for kind in ("fleet", "instance", "volume")
                ],
                **options,
            )
        except ClientError as error:
            if _code(error) not in POOL_ERRORS | QUOTA_ERRORS:
                raise  # a missing permission or a wrong template: the message becomes a dead letter for a person
            pools = [(kind, subnet) for subnet in order.subnets for kind in order.types]
            return Shortage(tuple(pools) if _code(error) in POOL_ERRORS else (), str(error))
        for fleet in found.get("Instances", []):
            for instance in fleet["InstanceIds"]:
                return Instance(
                    str(instance), str(fleet["InstanceType"]), runner_class.name, job.launch, scope, launched=0.0
                )
        pools, messages = [], []
        for failure in found.get("Errors", []):
            override = failure.get("LaunchTemplateAndOverrides", {}).get("Overrides", {})
            where = (str(override.get("InstanceType", "")), str(override.get("SubnetId", "")))
            messages.append(f"{failure.get('ErrorCode')} {where[0]} {where[1]}")
            if failure.get("ErrorCode") in POOL_ERRORS:
                pools.append(where)
        return Shortage(tuple(pools), "; ".join(messages) or "EC2 Fleet returned no instance and no error")

    def instances(self) -> list[Instance]:
        """Return all instances with the tag of the pool that are not terminated."""
        pages = self._ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": f"tag:{POOL}", "Values": [self._pool]},
                # also those that someone stopped: their disks cost money, so they are terminated like the others
                {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
            ]
        )
        result = []
        for page in pages:
            for found in (i for reservation in page["Reservations"] for i in reservation["Instances"]):
                tags = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
                result.append(
                    Instance(
                        str(found["InstanceId"]),
                        str(found["InstanceType"]),
                        tags.get(CLASS, ""),
                        tags.get(LAUNCH, ""),
                        tags.get(SCOPE, ""),
                        found["LaunchTime"].timestamp(),
                    )
                )
        return result

    def terminate(self, instances: Iterable[str]) -> None:
        """Terminate instances; unknown ones are ignored."""
        for instance in instances:  # one request each, since an unknown ID makes EC2 reject the whole request
            try:
                self._ec2.terminate_instances(InstanceIds=[instance])
            except ClientError as error:
                if _code(error) != "InvalidInstanceID.NotFound":
                    raise

    def configured(self) -> set[str]:
        """Return the instances for which a runner configuration is stored."""
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._path)
        return {str(found["Name"]).rpartition("/")[2] for page in pages for found in page["Parameters"]}

    def has_configuration(self, instance: str) -> bool:
        """Return whether a runner configuration is stored for the instance."""
        try:
            self._ssm.get_parameter(Name=f"{self._path}/{instance}")
        except ClientError as error:
            if _code(error) == "ParameterNotFound":
                return False
            raise
        return True

    def put_configuration(self, instance: str, text: str) -> None:
        """Store the configuration; by its tag, the role of the instances lets only this instance read it."""
        parameter = {
            "Name": f"{self._path}/{instance}",
            "Value": text,
            "Type": "SecureString",
            "KeyId": self._key,
            "Tier": "Intelligent-Tiering",  # a configuration may exceed the 4 kB of a standard parameter
        }
        tags = [{"Key": POOL, "Value": self._pool}, {"Key": INSTANCE_ARN, "Value": self._arn_prefix + instance}]
        try:
            self._ssm.put_parameter(**parameter, Tags=tags)
        except ClientError as error:
            if _code(error) != "ParameterAlreadyExists":
                raise
            self._ssm.put_parameter(**parameter, Overwrite=True)

    def remove_configuration(self, instance: str) -> None:
        """Remove the runner configuration of an instance, if there is one."""
        try:
            self._ssm.delete_parameter(Name=f"{self._path}/{instance}")
        except ClientError as error:
            if _code(error) != "ParameterNotFound":
                raise


def job_to_text(job: Job) -> str:
    """Return the message that identifies a job."""
    return json.dumps(
        {"id": job.id, "repository": job.repository, "runner_class": job.runner_class, "queued": job.queued}
    )


def job_from_text(text: str) -> Job:
    """Return the job of a message; raise RunnersError if it contains none."""
    try:
        raw = json.loads(text)
        return Job(str(raw["id"]), str(raw["repository"]), str(raw["runner_class"]), float(raw["queued"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RunnersError(f"the message contains no job: {error!r}; it becomes a dead letter") from error


class SqsQueue:
    """Implement ``ports.Queue``. A message identifies the job, and the ledger has its state."""

    def __init__(self, sqs: Client, url: str) -> None:
        """Use this client and the queue of this URL."""
        self._sqs, self._url = sqs, url

    def send(self, job: Job) -> None:
        """Send a message for the job."""
        self._sqs.send_message(QueueUrl=self._url, MessageBody=job_to_text(job))


KEPT = 3.0 * 86400.0  # seconds for which a closed job is stored; GitHub cancels a queued one after a day
OPEN_INDEX = "open"


class DynamoLedger:
    """Implement ``ports.Ledger`` with one table: key ``id``, a sparse index of open jobs, time to live ``until``."""

    def __init__(self, dynamo: Client, table: str) -> None:
        """Use this client and the table of this name."""
        self._dynamo, self._table = dynamo, table

    def _get(self, key: str) -> dict[str, Any]:
        found = self._dynamo.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        return cast("dict[str, Any]", found.get("Item", {}))

    # deliveries

    def seen(self, delivery: str) -> bool:
        """Return whether the delivery was handled already."""
        return bool(self._get(f"delivery#{delivery}"))

    def remember(self, delivery: str, until: float) -> None:
        """Record a handled delivery until the given time."""
        item = {"id": {"S": f"delivery#{delivery}"}, "until": {"N": str(int(until))}}
        self._dynamo.put_item(TableName=self._table, Item=item)

    # jobs

    @staticmethod
    def _item(job: Job) -> dict[str, Any]:
        item: dict[str, Any] = {
            "id": {"S": f"job#{job.id}"},
            "repository": {"S": job.repository},
            "class": {"S": job.runner_class},
            "queued": {"N": repr(job.queued)},
            "state": {"S": job.state.value},
            "generation": {"N": str(job.generation)},
            "instance": {"S": job.instance},
            "failed_boots": {"N": str(job.failed_boots)},
            "misses": {"N": str(job.misses)},
            "retry": {"N": repr(job.retry)},
            "changed": {"N": repr(job.changed)},
            "reason": {"S": job.reason[:1000]},
            "version": {"N": str(job.version)},
        }
        if job.state.open:
            item["open"] = {"S": "open"}
        else:
            item["until"] = {"N": str(int(job.changed + KEPT))}
        return item

    @staticmethod
    def _job(item: Mapping[str, Any]) -> Job:
        return Job(
            id=item["id"]["S"].removeprefix("job#"),
            repository=item["repository"]["S"],
            runner_class=item["class"]["S"],
            queued=float(item["queued"]["N"]),
            state=State(item["state"]["S"]),
            generation=int(item["generation"]["N"]),
            instance=item["instance"]["S"],
            failed_boots=int(item["failed_boots"]["N"]),
            misses=int(item["misses"]["N"]),
            retry=float(item["retry"]["N"]),
            changed=float(item["changed"]["N"]),
            reason=item["reason"]["S"],
            version=int(item["version"]["N"]),
        )

    def open_job(self, job: Job) -> Job:
        """Store the job if it is unknown; return the stored job."""
        try:
            self._dynamo.put_item(
                TableName=self._table, Item=self._item(job), ConditionExpression="attribute_not_exists(id)"
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            found = self.job(job.id)
            if found is None:
                raise LostRace(f"job {job.id} was removed while it was read; try again") from error
            return found
        return job

    def job(self, job: str) -> Job | None:
        """Return the stored job of this ID, or None."""
        item = self._get(f"job#{job}")
        return self._job(item) if item else None

    def replace(self, old: Job, new: Job) -> Job:
        """Replace a job and return it with its new version; raise LostRace if it is no longer ``old``."""
        new = _next(old, new)
        try:
            self._dynamo.put_item(
                TableName=self._table,
                Item=self._item(new),
                ConditionExpression="version = :version",
                ExpressionAttributeValues={":version": {"N": str(old.version)}},
            )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                raise LostRace(f"job {old.id} was changed after version {old.version}") from error
            raise
        return new

    def open_jobs(self) -> list[Job]:
        """Return all jobs that are not completed or refused."""
        pages = self._dynamo.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":open": {"S": "open"}},
        )
        return [self._job(item) for page in pages for item in page["Items"]]

    # slots: one item with a set of all launches and a set for each class; a set counts a launch once

    def reserve(self, holder: str, runner_class: str, max_total: int, max_class: int) -> bool:
        """Reserve a slot for a launch; return False if the pool or the class has no free slot."""
        try:
            self._dynamo.update_item(
                TableName=self._table,
                Key={"id": {"S": "slots"}},
                UpdateExpression="ADD #total :one, #class :one",
                ConditionExpression=(
                    "contains(#class, :holder) OR ("
                    "(attribute_not_exists(#total) OR size(#total) < :max_total) AND "
                    "(attribute_not_exists(#class) OR size(#class) < :max_class))"
                ),
                ExpressionAttributeNames={"#total": "total", "#class": f"class {runner_class}"},
                ExpressionAttributeValues={
                    ":one": {"SS": [holder]},
                    ":holder": {"S": holder},
                    ":max_total": {"N": str(max_total)},
                    ":max_class": {"N": str(max_class)},
                },
            )
        except ClientError as error:
            if _code(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def release(self, holder: str, runner_class: str) -> None:
        """Release the slot of a launch."""
        self._dynamo.update_item(
            TableName=self._table,
            Key={"id": {"S": "slots"}},
            UpdateExpression="DELETE #total :one, #class :one",
            ExpressionAttributeNames={"#total": "total", "#class": f"class {runner_class}"},
            ExpressionAttributeValues={":one": {"SS": [holder]}},
        )

    def holders(self) -> dict[str, frozenset[str]]:
        """Return the launches that have a slot, by class."""
        return {
            name.removeprefix("class "): frozenset(value["SS"])
            for name, value in self._get("slots").items()
            if name.startswith("class ")
        }

    # instances

    def marks(self, instances: Iterable[str]) -> dict[str, Mark]:
        """Return the stored marks of these instances."""
        found = {}
        for instance in instances:
            if item := self._get(f"instance#{instance}"):
                found[instance] = Mark(
                    instance, float(item["accounted"]["N"]), bool(item["online"]["BOOL"]), float(item["since"]["N"])
                )
        return found

    @staticmethod
    def _mark(mark: Mark) -> dict[str, Any]:
        return {
            "id": {"S": f"instance#{mark.instance}"},
            "accounted": {"N": repr(mark.accounted)},
            "online": {"BOOL": mark.online},
            "since": {"N": repr(mark.since)},
            "until": {"N": str(int(mark.accounted + KEPT))},
        }

    def put_mark(self, mark: Mark) -> None:
        """Store a mark."""
        self._dynamo.put_item(TableName=self._table, Item=self._mark(mark))

    def account(self, old: Mark, now: float, gpus: int) -> Mark:
        """Add the GPU time since the mark to the days and replace the mark, both in one transaction and only once."""
        if now <= old.accounted:
            return old
        new = Mark(old.instance, now, old.online, old.since)
        writes: list[dict[str, Any]] = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": self._mark(new),
                    "ConditionExpression": "attribute_not_exists(id) OR accounted = :accounted",
                    "ExpressionAttributeValues": {":accounted": {"N": repr(old.accounted)}},
                }
            }
        ]
        for day, seconds in decide.split_by_day(old.accounted, now).items() if gpus else ():
            writes.append(
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": {"id": {"S": f"day#{day}"}},
                        "UpdateExpression": "SET #until = :until ADD gpu_seconds :seconds",
                        "ExpressionAttributeNames": {"#until": "until"},
                        "ExpressionAttributeValues": {
                            ":seconds": {"N": repr(round(seconds * gpus, 3))},
                            ":until": {"N": str(int(now + 40.0 * decide.DAY))},
                        },
                    }
                }
            )
        try:
            self._dynamo.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if _code(error) != "TransactionCanceledException":
                raise
            return self.marks([old.instance]).get(old.instance, old)  # another pass recorded the time first
        return new

    def gpu_hours(self, day: str) -> float:
        """Return the recorded GPU-hours of a UTC day."""
        item = self._get(f"day#{day}")
        return float(item["gpu_seconds"]["N"]) / 3600.0 if item else 0.0

    # pools without capacity, all in one item

    def cooling(self) -> dict[tuple[str, str], float]:
        """Return the pools (type, subnet) without capacity, and until when they are tried last."""
        return {
            (name.partition("@")[0], name.partition("@")[2]): float(value["N"])
            for name, value in self._get("cooling").items()
            if "@" in name
        }

    def cool(self, pools: Iterable[tuple[str, str]], until: float) -> None:
        """Record that these pools have no capacity."""
        names = {f"#p{index}": f"{kind}@{subnet}" for index, (kind, subnet) in enumerate(sorted(set(pools)))}
        if names:
            self._dynamo.update_item(
                TableName=self._table,
                Key={"id": {"S": "cooling"}},
                UpdateExpression="SET " + ", ".join(f"{name} = :until" for name in names),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={":until": {"N": repr(until)}},
            )


def _next(old: Job, new: Job) -> Job:
    return dataclasses.replace(new, version=old.version + 1)


def secret_lines(ssm: Client, name: str) -> Iterator[str]:
    """Yield the lines of an encrypted parameter: a secret and, during a rotation, the previous secret."""
    value = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    yield from (line.strip() for line in str(value).splitlines() if line.strip())
