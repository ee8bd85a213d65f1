-- What people say of themselves: a picture, the language of their mails and pages, and where their clock is.
alter table users
  add column picture_url text check (length(picture_url) <= 2048),
  add column locale text check (length(locale) <= 35),
  add column time_zone text check (length(time_zone) <= 64);
grant update (picture_url, locale, time_zone) on users to identity_runtime;
