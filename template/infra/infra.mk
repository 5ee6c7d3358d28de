# One stack at a time, as in `make infra-plan STACK=registry`: a folder here with a backend.tf. README.md says in which
# order the stacks are built the first time.
STACK ?= bootstrap
TERRAFORM ?= terraform -chdir=infra/$(STACK)
.PHONY: infra-plan infra-apply

infra-plan: ## Say what Terraform would change in infra/STACK
	@$(TERRAFORM) init -input=false && $(TERRAFORM) plan -input=false -out=plan.tfplan
infra-apply: ## Change what the last infra-plan said, and nothing else
	@$(TERRAFORM) apply -input=false plan.tfplan
