##@ Infrastructure
# Each target works on one stack, a folder here with a backend.tf: `make infra-plan STACK=registry`. README.md describes
# the order of the first apply.
STACK ?= bootstrap
TERRAFORM ?= terraform -chdir=infra/$(STACK)
.PHONY: infra-plan infra-apply

infra-plan: ## Show what Terraform would change in infra/STACK
	@$(TERRAFORM) init -input=false && $(TERRAFORM) plan -input=false -out=plan.tfplan
infra-apply: ## Apply the last infra-plan of infra/STACK
	@$(TERRAFORM) apply -input=false plan.tfplan
