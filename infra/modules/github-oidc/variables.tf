variable "name" {
  description = "First part of the names of the roles; a lower-case slug of 3 to 32 characters."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, a letter first and no hyphen last, as in churn-models."
  }
}

variable "host" {
  description = "Who issues the tokens: github or gitlab."
  type        = string
  default     = "github"

  validation {
    condition     = contains(["github", "gitlab"], var.host)
    error_message = "host is '${var.host}': there are github and gitlab."
  }
}

variable "issuer_url" {
  description = "Address of the issuer, for a server of your own; null is github.com's or gitlab.com's."
  type        = string
  default     = null

  validation {
    condition     = var.issuer_url == null || can(regex("^https://[a-z0-9.-]+(/[A-Za-z0-9._/-]*[A-Za-z0-9._-])?$", var.issuer_url))
    error_message = "issuer_url is '${coalesce(var.issuer_url, "null")}': it begins with https:// and has no slash at the end, as the token's claim iss has it."
  }
}

variable "audience" {
  description = "The claim aud that a token must carry; null is sts.amazonaws.com for GitHub and the issuer's address for GitLab."
  type        = string
  default     = null

  validation {
    condition     = var.audience == null || can(regex("^[^*?\\s]+$", var.audience))
    error_message = "audience is '${coalesce(var.audience, "null")}': name one audience, without wildcard or space."
  }
}

variable "provider_arn" {
  description = "ARN of the account's OIDC provider for this issuer, of which there can be one only; null makes it."
  type        = string
  default     = null

  validation {
    condition     = var.provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/.+$", var.provider_arn))
    error_message = "provider_arn is '${coalesce(var.provider_arn, "null")}': it reads arn:aws:iam::<account>:oidc-provider/<issuer without https://>, or null."
  }

  validation {
    condition     = var.provider_arn == null || endswith(coalesce(var.provider_arn, "null"), ":oidc-provider/${local.issuer}")
    error_message = "provider_arn is '${coalesce(var.provider_arn, "null")}', another issuer's than ${local.issuer}: give that issuer's provider, or set issuer_url."
  }
}

variable "repository" {
  description = "The one repository whose jobs may take the roles: owner/name, or group/…/project for GitLab."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", var.repository))
    error_message = "repository is '${var.repository}': name one repository as owner/name, without address and without wildcard; a role that every repository may take belongs to nobody."
  }

  validation {
    condition     = var.host != "github" || length(split("/", var.repository)) == 2
    error_message = "repository is '${var.repository}': GitHub's are owner/name, with one slash."
  }
}

variable "subject_prefix" {
  description = "How the claim sub begins when it is not repo:<owner>/<name>: with GitHub's immutable subjects (repositories made or renamed since July 2026) it has the ids of owner and repository in it; its OIDC settings show it."
  type        = string
  default     = null

  validation {
    condition     = var.subject_prefix == null || can(regex("^(repo|project_path):[A-Za-z0-9_.@/-]+$", var.subject_prefix))
    error_message = "subject_prefix is '${coalesce(var.subject_prefix, "null")}': copy the part before :ref: or :environment: as the host shows it, such as repo:octo-org@123456/octo-repo@456789; a wildcard would let other repositories in."
  }
}

variable "repository_id" {
  description = "GitHub's number of the repository, asked for besides its name, so that a repository that takes over the name gets nothing; null asks for the name only."
  type        = string
  default     = null

  validation {
    condition     = var.repository_id == null || (can(regex("^[0-9]+$", var.repository_id)) && var.host == "github")
    error_message = "repository_id is '${coalesce(var.repository_id, "null")}': give digits only, from `gh api repos/<owner>/<name> --jq .id`; AWS knows this claim of GitHub alone."
  }
}

variable "branch" {
  description = "The branch that is applied from."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch)) && !startswith(var.branch, "refs/")
    error_message = "branch is '${var.branch}': name one branch, without refs/heads/ and without wildcard."
  }
}

variable "plan_branches" {
  description = "Branches that may plan, besides branch."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for branch in var.plan_branches : can(regex("^[A-Za-z0-9._/-]+$", branch)) && !startswith(branch, "refs/")])
    error_message = "plan_branches is [${join(", ", var.plan_branches)}]: name each branch, without refs/heads/ and without wildcard."
  }
}

variable "plan_on_pull_request" {
  description = "Whether GitHub's pull requests may plan; GitLab's merge requests are jobs of a branch, see plan_branches."
  type        = bool
  default     = true
}

variable "apply_environment" {
  description = "GitHub environment whose jobs may apply, guarded there by required reviewers; null is production. GitLab's subject names none."
  type        = string
  default     = null

  validation {
    condition     = var.apply_environment == null || can(regex("^[A-Za-z0-9._-]+$", var.apply_environment))
    error_message = "apply_environment is '${coalesce(var.apply_environment, "null")}': name one environment in letters, digits, ., _ and -, without wildcard."
  }

  validation {
    condition     = var.apply_environment == null || var.host == "github"
    error_message = "apply_environment is '${coalesce(var.apply_environment, "null")}', but GitLab's subject names no environment: leave it null, and protect the environment and the branch in GitLab."
  }
}

variable "plan_policy_arns" {
  description = "Managed policies of the role that plans."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]

  validation {
    condition     = alltrue([for arn in var.plan_policy_arns : can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", arn))])
    error_message = "plan_policy_arns is [${join(", ", var.plan_policy_arns)}]: give ARNs of policies, arn:aws:iam::<account or aws>:policy/<name>."
  }

  validation {
    condition     = !anytrue([for arn in var.plan_policy_arns : can(regex("/(AdministratorAccess|PowerUserAccess)$", arn))])
    error_message = "plan_policy_arns is [${join(", ", var.plan_policy_arns)}]: whoever opens a pull request may plan, so that role reads only; use ReadOnlyAccess or less."
  }
}

variable "plan_policies" {
  description = "Policies of the role that plans as JSON, by name, such as state = module.state_backend.read_policy_json."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.plan_policies) : can(jsondecode(policy).Statement)])
    error_message = "plan_policies has a value that is no policy: give JSON with a Statement, as jsonencode and policy outputs make it."
  }
}

variable "plan_secret_arns" {
  description = "Secrets that may be read while planning, when a policy of plan_policies allows it, as mlflow-registry's does; all others are denied, whatever a policy says."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.plan_secret_arns : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+(-\\?{6})?$", arn))])
    error_message = "plan_secret_arns is [${join(", ", var.plan_secret_arns)}]: name each secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>, the six as ?????? where they are not known yet."
  }
}

variable "apply_policy_arns" {
  description = "Managed policies of the role that applies."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.apply_policy_arns : can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", arn))])
    error_message = "apply_policy_arns is [${join(", ", var.apply_policy_arns)}]: give ARNs of policies, arn:aws:iam::<account or aws>:policy/<name>."
  }

  validation {
    condition     = var.permissions_boundary_arn != null || !anytrue([for arn in var.apply_policy_arns : endswith(arn, ":policy/AdministratorAccess")])
    error_message = "apply_policy_arns has AdministratorAccess: bound it with permissions_boundary_arn, or name the policies that the roots need."
  }
}

variable "apply_policies" {
  description = "Policies of the role that applies as JSON, by name, such as state = module.state_backend.write_policy_json."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.apply_policies) : can(jsondecode(policy).Statement)])
    error_message = "apply_policies has a value that is no policy: give JSON with a Statement, as jsonencode and policy outputs make it."
  }
}

variable "permissions_boundary_arn" {
  description = "Policy that bounds what both roles may ever do; null bounds nothing."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is '${coalesce(var.permissions_boundary_arn, "null")}': give the ARN of a policy, arn:aws:iam::<account>:policy/<name>, or null."
  }
}

variable "tags" {
  description = "Tags of everything that is made."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has a key that begins with aws:, which AWS keeps for itself: rename ${join(", ", [for key in keys(var.tags) : key if startswith(lower(key), "aws:")])}."
  }
}
