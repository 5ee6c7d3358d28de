"""The module network after an apply: incoming and outgoing connections, and flow logs."""

from support.infra import Emulator, Terraform

CHANGES = {
    "with-nat": ({"flow_log_days": 30}, {"module.network.aws_cloudwatch_log_group.flow"}),
    "without-nat": (
        {"interface_endpoints": ["kms", "logs"]},
        {
            f'module.network.aws_vpc_endpoint.interface["{service}"]'
            for service in (
                *("ec2", "ec2messages", "ecr.api", "ecr.dkr", "monitoring"),
                *("secretsmanager", "sqs", "ssm", "ssmmessages", "sts"),
            )
        },
    ),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    ec2, outputs = emulator.client("ec2"), terraform.outputs()
    here = [{"Name": "vpc-id", "Values": [outputs["vpc_id"]]}]

    subnets = ec2.describe_subnets(SubnetIds=outputs["private_subnet_ids"])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) == (2 if example == "with-nat" else 3)
    assert [subnet for subnet in subnets if subnet["MapPublicIpOnLaunch"]] == []

    tables = ec2.describe_route_tables(
        Filters=[{"Name": "association.subnet-id", "Values": outputs["private_subnet_ids"]}]
    )["RouteTables"]
    ways_out = [
        route for table in tables for route in table["Routes"] if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]
    if example == "with-nat":
        assert len(ways_out) == 2
        assert all(route["NatGatewayId"].startswith("nat-") for route in ways_out)
    else:
        assert ways_out == []
        attached = [{"Name": "attachment.vpc-id", "Values": [outputs["vpc_id"]]}]
        assert ec2.describe_internet_gateways(Filters=attached)["InternetGateways"] == []

    for group in ec2.describe_security_groups(Filters=here)["SecurityGroups"]:
        for rule in group["IpPermissions"]:
            assert [entry["CidrIp"] for entry in rule["IpRanges"]] == ["10.30.0.0/20"], group["GroupName"]
    [log] = ec2.describe_flow_logs()["FlowLogs"]
    assert (log["ResourceId"], log["TrafficType"]) == (outputs["vpc_id"], "ALL")
    [group] = emulator.client("logs").describe_log_groups()["logGroups"]
    assert group["kmsKeyId"]


def after_destroy(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    made = [vpc for vpc in ec2.describe_vpcs()["Vpcs"] if not vpc["IsDefault"]]
    assert made == []
    assert ec2.describe_addresses()["Addresses"] == []
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []
