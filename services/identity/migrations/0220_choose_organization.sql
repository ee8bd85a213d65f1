-- A sign-in may ask which organization it is for; it has an id once the person has chosen one.
alter table sign_in_transactions
  drop constraint sign_in_transactions_organization_choice_check,
  drop constraint sign_in_transactions_check,
  add constraint sign_in_transactions_organization_choice_check
    check (organization_choice in ('unsaid', 'none', 'named', 'choose')),
  add constraint sign_in_transactions_organization_check
    check (organization_choice = 'choose' or (organization_choice = 'named') = (organization_id is not null));
grant update (organization_id) on sign_in_transactions to identity_system;
