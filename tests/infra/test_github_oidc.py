"""The module github-oidc after an apply: the roles of the jobs of a repository."""

from support.infra import Emulator, Terraform

CHANGES = {
    "github": ({"apply_environment": "aws"}, {'module.github_oidc.aws_iam_role.this["apply"]'}),
    "gitlab": ({"plan_branches": []}, {'module.gitlab_oidc.aws_iam_role.this["plan"]'}),
}


def after_apply(example: str, terraform: Terraform, emulator: Emulator) -> None:
    iam = emulator.client("iam")
    issuer = {"github": "token.actions.githubusercontent.com", "gitlab": "gitlab.example.com"}[example]
    [provider] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider["Arn"])["Url"].endswith(issuer)
    for name in ("plan", "apply"):
        role = iam.get_role(RoleName=f"churn-models-{name}")["Role"]
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": provider["Arn"]}
        assert "*" not in str(statement)
        assert f"{issuer}:sub" in statement["Condition"]["StringEquals"]
    attached = iam.list_attached_role_policies(RoleName="churn-models-plan")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == ["ReadOnlyAccess"]
    assert iam.list_role_policies(RoleName="churn-models-plan")["PolicyNames"] == ["no-secrets"]


def after_destroy(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    assert iam.list_roles()["Roles"] == []
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"] == []
