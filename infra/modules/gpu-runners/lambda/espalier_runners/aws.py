"""EC2, SSM, SQS and DynamoDB as ``ports`` asks for them."""

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
# Errors of a pool, that is of a type in a zone. A quota is none: it holds in the other zones, too.
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
    """A boto3 client; its methods exist at run time only."""

    def __getattr__(self, name: str) -> Any: ...


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


class Ec2Cloud:
    """Implements ``ports.Cloud``. The pool's tag tells our instances from all others; roles are bound to it, too."""

    def __init__(
        self, ec2: Client, ssm: Client, pool: str, path: str = "", key: str = "", arn_prefix: str = ""
    ) -> None:
        self._ec2, self._ssm, self._pool = ec2, ssm, pool
        self._path, self._key, self._arn_prefix = path.rstrip("/"), key, arn_prefix

    def launch(self, order: Order, runner_class: RunnerClass, job: Job, scope: str) -> Instance | Shortage:
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
                ClientToken=token,  # the same launch again brings the same instance, not a second one
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
                raise  # a missing right or a wrong template: a person has to know, through the dead letters
            pools = [(kind, subnet) for subnet in order.subnets for kind in order.types]
            return Shortage(tuple(pools) if _code(error) in POOL_ERRORS else (), str(error))
        for fleet in found.get("Instances", []):
            for instance in fleet["InstanceIds"]:
                return Instance(
                    str(instance), str(fleet["InstanceType"]), runner_class.name, job.launch, scope, launched=0.0
                )
        pools, said = [], []
        for failure in found.get("Errors", []):
            override = failure.get("LaunchTemplateAndOverrides", {}).get("Overrides", {})
            where = (str(override.get("InstanceType", "")), str(override.get("SubnetId", "")))
            said.append(f"{failure.get('ErrorCode')} {where[0]} {where[1]}")
            if failure.get("ErrorCode") in POOL_ERRORS:
                pools.append(where)
        return Shortage(tuple(pools), "; ".join(said) or "EC2 Fleet brought no instance and no error")

    def instances(self) -> list[Instance]:
        pages = self._ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": f"tag:{POOL}", "Values": [self._pool]},
                # a stopped one is none that we made stop; it costs its disk and is ended like the others
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
        for instance in instances:  # one by one: a single unknown id would save all others
            try:
                self._ec2.terminate_instances(InstanceIds=[instance])
            except ClientError as error:
                if _code(error) != "InvalidInstanceID.NotFound":
                    raise

    def configured(self) -> set[str]:
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._path)
        return {str(found["Name"]).rpartition("/")[2] for page in pages for found in page["Parameters"]}

    def has_configuration(self, instance: str) -> bool:
        try:
            self._ssm.get_parameter(Name=f"{self._path}/{instance}")
        except ClientError as error:
            if _code(error) == "ParameterNotFound":
                return False
            raise
        return True

    def put_configuration(self, instance: str, text: str) -> None:
        """Readable for this instance alone: the instances' role is bound to the tag."""
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
        try:
            self._ssm.delete_parameter(Name=f"{self._path}/{instance}")
        except ClientError as error:
            if _code(error) != "ParameterNotFound":
                raise


def job_to_text(job: Job) -> str:
    return json.dumps(
        {"id": job.id, "repository": job.repository, "runner_class": job.runner_class, "queued": job.queued}
    )


def job_from_text(text: str) -> Job:
    try:
        raw = json.loads(text)
        return Job(str(raw["id"]), str(raw["repository"]), str(raw["runner_class"]), float(raw["queued"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RunnersError(f"the message names no job: {error!r}; it becomes a dead letter") from error


class SqsQueue:
    """Implements ``ports.Queue``. The message names the job; what is known of it stays in the ledger."""

    def __init__(self, sqs: Client, url: str) -> None:
        self._sqs, self._url = sqs, url

    def send(self, job: Job) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=job_to_text(job))


KEPT = 3.0 * 86400.0  # seconds that a closed job stays; GitHub gives up on a queued one after a day
OPEN_INDEX = "open"


class DynamoLedger:
    """Implements ``ports.Ledger`` with one table: key ``id``, a sparse index over open jobs, time to live ``until``."""

    def __init__(self, dynamo: Client, table: str) -> None:
        self._dynamo, self._table = dynamo, table

    def _get(self, key: str) -> dict[str, Any]:
        found = self._dynamo.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        return cast("dict[str, Any]", found.get("Item", {}))

    # deliveries

    def seen(self, delivery: str) -> bool:
        return bool(self._get(f"delivery#{delivery}"))

    def remember(self, delivery: str, until: float) -> None:
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
        try:
            self._dynamo.put_item(
                TableName=self._table, Item=self._item(job), ConditionExpression="attribute_not_exists(id)"
            )
        except ClientError as error:
            if _code(error) != "ConditionalCheckFailedException":
                raise
            found = self.job(job.id)
            if found is None:
                raise LostRace(f"job {job.id} was removed while it was read") from error
            return found
        return job

    def job(self, job: str) -> Job | None:
        item = self._get(f"job#{job}")
        return self._job(item) if item else None

    def replace(self, old: Job, new: Job) -> Job:
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
        pages = self._dynamo.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :open",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":open": {"S": "open"}},
        )
        return [self._job(item) for page in pages for item in page["Items"]]

    # slots: one item with a set of launches in total, and one set for each class; a set counts a launch once

    def reserve(self, holder: str, runner_class: str, max_total: int, max_class: int) -> bool:
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
        self._dynamo.update_item(
            TableName=self._table,
            Key={"id": {"S": "slots"}},
            UpdateExpression="DELETE #total :one, #class :one",
            ExpressionAttributeNames={"#total": "total", "#class": f"class {runner_class}"},
            ExpressionAttributeValues={":one": {"SS": [holder]}},
        )

    def holders(self) -> dict[str, frozenset[str]]:
        return {
            name.removeprefix("class "): frozenset(value["SS"])
            for name, value in self._get("slots").items()
            if name.startswith("class ")
        }

    # instances

    def marks(self, instances: Iterable[str]) -> dict[str, Mark]:
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
        self._dynamo.put_item(TableName=self._table, Item=self._mark(mark))

    def account(self, old: Mark, now: float, gpus: int) -> Mark:
        """Mark and books change together or not at all, and only from what the mark was."""
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
            return self.marks([old.instance]).get(old.instance, old)  # another pass was faster; its books count
        return new

    def gpu_hours(self, day: str) -> float:
        item = self._get(f"day#{day}")
        return float(item["gpu_seconds"]["N"]) / 3600.0 if item else 0.0

    # pools without capacity, all in one item

    def cooling(self) -> dict[tuple[str, str], float]:
        return {
            (name.partition("@")[0], name.partition("@")[2]): float(value["N"])
            for name, value in self._get("cooling").items()
            if "@" in name
        }

    def cool(self, pools: Iterable[tuple[str, str]], until: float) -> None:
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
    """The lines of an encrypted parameter: a secret, and while it is rotated the one before it."""
    value = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    yield from (line.strip() for line in str(value).splitlines() if line.strip())
