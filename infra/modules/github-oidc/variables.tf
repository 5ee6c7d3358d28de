variable "name" {
  description = "Prefix of the names of the roles; 3 to 32 lower-case letters, digits and hyphens."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "name is '${var.name}': use 3 to 32 lower-case letters, digits and hyphens, starting with a letter and not ending with a hyphen, as in churn-models."
  }
}

variable "host" {
  description = "Git host that issues the tokens: github or gitlab."
  type        = string
  default     = "github"

  validation {
    condition     = contains(["github", "gitlab"], var.host)
    error_message = "host is '${var.host}': use github or gitlab."
  }
}

variable "issuer_url" {
  description = "URL of the token issuer, for a self-hosted server; null uses the issuer of github.com or gitlab.com."
  type        = string
  default     = null

  validation {
    condition     = var.issuer_url == null || can(regex("^https://[a-z0-9.-]+(/[A-Za-z0-9._/-]*[A-Za-z0-9._-])?$", var.issuer_url))
    error_message = "issuer_url is '${coalesce(var.issuer_url, "null")}': it begins with https:// and has no slash at the end, exactly as in the claim iss of the token."
  }
}

variable "audience" {
  description = "Value of the claim aud that a token must have; null uses sts.amazonaws.com for GitHub and the issuer URL for GitLab."
  type        = string
  default     = null

  validation {
    condition     = var.audience == null || can(regex("^[^*?\\s]+$", var.audience))
    error_message = "audience is '${coalesce(var.audience, "null")}': name one audience, without wildcards or spaces."
  }
}

variable "provider_arn" {
  description = "ARN of the OIDC provider of the account for this issuer; an account can have only one. null creates it."
  type        = string
  default     = null

  validation {
    condition     = var.provider_arn == null || can(regex("^arn:[a-z-]+:iam::[0-9]{12}:oidc-provider/.+$", var.provider_arn))
    error_message = "provider_arn is '${coalesce(var.provider_arn, "null")}': use arn:aws:iam::<account>:oidc-provider/<issuer without https://>, or null."
  }

  validation {
    condition     = var.provider_arn == null || endswith(coalesce(var.provider_arn, "null"), ":oidc-provider/${local.issuer}")
    error_message = "provider_arn is '${coalesce(var.provider_arn, "null")}', which is not a provider of ${local.issuer}: give the provider of that issuer, or set issuer_url."
  }
}

variable "repository" {
  description = "The one repository whose jobs may assume the roles: owner/name, or group/…/project for GitLab."
  type        = string

  validation {
    condition     = can(regex("^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$", var.repository))
    error_message = "repository is '${var.repository}': name one repository as owner/name, without URL or wildcard; a wildcard would let jobs of other repositories assume the roles."
  }

  validation {
    condition     = var.host != "github" || length(split("/", var.repository)) == 2
    error_message = "repository is '${var.repository}': a GitHub repository is owner/name, with one slash."
  }
}

variable "subject_prefix" {
  description = "Start of the claim sub if it is not repo:<owner>/<name>. GitHub's immutable subjects (repositories created or renamed since July 2026) contain the IDs of owner and repository; the repository's OIDC settings show the subject. null uses the default."
  type        = string
  default     = null

  validation {
    condition     = var.subject_prefix == null || can(regex("^(repo|project_path):[A-Za-z0-9_.@/-]+$", var.subject_prefix))
    error_message = "subject_prefix is '${coalesce(var.subject_prefix, "null")}': copy the part before :ref: or :environment: as the host shows it, such as repo:octo-org@123456/octo-repo@456789; a wildcard would let jobs of other repositories assume the roles."
  }
}

variable "repository_id" {
  description = "Numeric ID of the GitHub repository, required in addition to its name, so that another repository that takes over the name gets no access; null checks only the name."
  type        = string
  default     = null

  validation {
    condition     = var.repository_id == null || (can(regex("^[0-9]+$", var.repository_id)) && var.host == "github")
    error_message = "repository_id is '${coalesce(var.repository_id, "null")}': use only digits, from `gh api repos/<owner>/<name> --jq .id`; AWS supports this claim only for GitHub."
  }
}

variable "branch" {
  description = "Branch from which jobs may apply."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9._/-]+$", var.branch)) && !startswith(var.branch, "refs/")
    error_message = "branch is '${var.branch}': name one branch, without refs/heads/ and without wildcards."
  }
}

variable "plan_branches" {
  description = "Branches whose jobs may plan, in addition to branch."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for branch in var.plan_branches : can(regex("^[A-Za-z0-9._/-]+$", branch)) && !startswith(branch, "refs/")])
    error_message = "plan_branches is [${join(", ", var.plan_branches)}]: name each branch, without refs/heads/ and without wildcards."
  }
}

variable "plan_on_pull_request" {
  description = "true lets jobs of GitHub pull requests plan. GitLab runs merge request jobs as jobs of a branch: use plan_branches."
  type        = bool
  default     = true
}

variable "apply_environment" {
  description = "GitHub environment whose jobs may apply; protect it with required reviewers. null uses production. Leave it null for GitLab, whose subject contains no environment."
  type        = string
  default     = null

  validation {
    condition     = var.apply_environment == null || can(regex("^[A-Za-z0-9._-]+$", var.apply_environment))
    error_message = "apply_environment is '${coalesce(var.apply_environment, "null")}': name one environment with letters, digits, ., _ and -, without wildcards."
  }

  validation {
    condition     = var.apply_environment == null || var.host == "github"
    error_message = "apply_environment is '${coalesce(var.apply_environment, "null")}', but GitLab's subject contains no environment: leave it null, and protect the environment and the branch in GitLab."
  }
}

variable "plan_policy_arns" {
  description = "ARNs of managed policies of the plan role."
  type        = list(string)
  default     = ["arn:aws:iam::aws:policy/ReadOnlyAccess"]

  validation {
    condition     = alltrue([for arn in var.plan_policy_arns : can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", arn))])
    error_message = "plan_policy_arns is [${join(", ", var.plan_policy_arns)}]: give ARNs of policies, arn:aws:iam::<account or aws>:policy/<name>."
  }

  validation {
    condition     = !anytrue([for arn in var.plan_policy_arns : can(regex("/(AdministratorAccess|PowerUserAccess)$", arn))])
    error_message = "plan_policy_arns is [${join(", ", var.plan_policy_arns)}]: any author of a pull request can use this role, so it must only read; use ReadOnlyAccess or less."
  }
}

variable "plan_policies" {
  description = "Inline policies of the plan role as JSON, by name, such as state = module.state_backend.read_policy_json."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.plan_policies) : can(jsondecode(policy).Statement)])
    error_message = "plan_policies has a value that is not a policy: give JSON with a Statement, as jsonencode or a policy output returns it."
  }
}

variable "plan_secret_arns" {
  description = "ARNs of secrets that the plan role may read, if a policy in plan_policies allows it, as plan_policy_json of mlflow-registry does; all other secrets are denied, even if a policy allows them."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.plan_secret_arns : can(regex("^arn:[a-z-]+:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+(-\\?{6})?$", arn))])
    error_message = "plan_secret_arns is [${join(", ", var.plan_secret_arns)}]: name each secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>-<six characters>; write ?????? for the six characters if they are not known yet."
  }
}

variable "apply_policy_arns" {
  description = "ARNs of managed policies of the apply role."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for arn in var.apply_policy_arns : can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", arn))])
    error_message = "apply_policy_arns is [${join(", ", var.apply_policy_arns)}]: give ARNs of policies, arn:aws:iam::<account or aws>:policy/<name>."
  }

  validation {
    condition     = var.permissions_boundary_arn != null || !anytrue([for arn in var.apply_policy_arns : endswith(arn, ":policy/AdministratorAccess")])
    error_message = "apply_policy_arns has AdministratorAccess: limit it with permissions_boundary_arn, or name only the policies that the stacks need."
  }
}

variable "apply_policies" {
  description = "Inline policies of the apply role as JSON, by name, such as state = module.state_backend.write_policy_json."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for policy in values(var.apply_policies) : can(jsondecode(policy).Statement)])
    error_message = "apply_policies has a value that is not a policy: give JSON with a Statement, as jsonencode or a policy output returns it."
  }
}

variable "permissions_boundary_arn" {
  description = "ARN of a policy that limits the permissions of both roles; null sets no limit."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary_arn == null || can(regex("^arn:[a-z-]+:iam::(aws|[0-9]{12}):policy/.+$", var.permissions_boundary_arn))
    error_message = "permissions_boundary_arn is '${coalesce(var.permissions_boundary_arn, "null")}': give the ARN of a policy, arn:aws:iam::<account>:policy/<name>, or null."
  }
}

variable "tags" {
  description = "Tags of every resource that the module creates."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !startswith(lower(key), "aws:")])
    error_message = "tags has a key that begins with aws:, a prefix that AWS reserves: rename ${join(", ", [for key in keys(var.tags) : key if startswith(lower(key), "aws:")])}."
  }
}
