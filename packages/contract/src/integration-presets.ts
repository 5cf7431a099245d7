/**
 * @file What is known of certain systems, so that nobody has to look it up: a preset fills in the form. Data only; what is
 * saved is an integration of its type like any other.
 */
import type { IntegrationType } from './integration-types.ts';
import type { FieldValue } from './integrations.ts';

/** A preset. */
export interface IntegrationPreset {
  title: string;
  type: IntegrationType;
  /** Where the makers of the system describe its authentication. */
  documentation: string;
  /** What is filled in. */
  fields: Readonly<Record<string, FieldValue>>;
  /** What the person has to fill in, with an example of each. */
  placeholders: Readonly<Record<string, string>>;
}

/** Every preset, in the order in which they are offered. */
export const integrationPresets: Readonly<Record<string, IntegrationPreset>> = {
  github: {
    title: 'GitHub',
    type: 'http',
    documentation: 'https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api',
    fields: {
      testPath: '/rate_limit',
      baseUrl: 'https://api.github.com',
      auth: 'bearer',
      headers: [
        { name: 'Accept', value: 'application/vnd.github+json' },
        { name: 'X-GitHub-Api-Version', value: '2022-11-28' },
      ],
    },
    placeholders: { token: "{{ secret('GITHUB_TOKEN') }}" },
  },
  gitlab: {
    title: 'GitLab',
    type: 'http',
    documentation: 'https://docs.gitlab.com/api/rest/authentication/',
    fields: {
      testPath: '/user',
      baseUrl: 'https://gitlab.com/api/v4',
      auth: 'header',
      headerName: 'PRIVATE-TOKEN',
    },
    placeholders: { headerValue: "{{ secret('GITLAB_TOKEN') }}" },
  },
  jira: {
    title: 'Jira',
    type: 'http',
    documentation: 'https://developer.atlassian.com/cloud/jira/platform/basic-auth-for-rest-apis/',
    fields: {
      auth: 'basic',
      headers: [{ name: 'Accept', value: 'application/json' }],
      testPath: '/rest/api/3/myself',
    },
    placeholders: {
      baseUrl: 'https://your-site.atlassian.net',
      username: 'you@example.com',
      password: "{{ secret('JIRA_API_TOKEN') }}",
    },
  },
  slack: {
    title: 'Slack',
    type: 'http',
    documentation: 'https://docs.slack.dev/authentication/tokens/',
    fields: { baseUrl: 'https://slack.com/api', auth: 'bearer', testPath: '/auth.test' },
    placeholders: { token: "{{ secret('SLACK_BOT_TOKEN') }}" },
  },
  snyk: {
    title: 'Snyk',
    type: 'http',
    documentation: 'https://docs.snyk.io/developer-tools/snyk-api/authentication-for-api',
    fields: {
      testPath: '/self?version=2024-10-15',
      baseUrl: 'https://api.snyk.io/rest',
      auth: 'header',
      headerName: 'Authorization',
      headers: [{ name: 'Accept', value: 'application/vnd.api+json' }],
    },
    placeholders: { headerValue: "token {{ secret('SNYK_TOKEN') }}" },
  },
  ossindex: {
    title: 'Sonatype OSS Index',
    type: 'http',
    documentation: 'https://ossindex.sonatype.org/doc/rest',
    fields: { baseUrl: 'https://ossindex.sonatype.org/api/v3', auth: 'basic' },
    placeholders: {
      username: 'you@example.com',
      password: "{{ secret('OSSINDEX_API_KEY') }}",
    },
  },
  nvd: {
    title: 'NVD',
    type: 'http',
    documentation: 'https://nvd.nist.gov/developers/start-here',
    fields: {
      testPath: '/cves/2.0?resultsPerPage=1',
      baseUrl: 'https://services.nvd.nist.gov/rest/json',
      auth: 'header',
      headerName: 'apiKey',
    },
    placeholders: { headerValue: "{{ secret('NVD_API_KEY') }}" },
  },
  defectdojo: {
    title: 'DefectDojo',
    type: 'http',
    documentation: 'https://docs.defectdojo.com/en/api/api-v2-docs/',
    fields: { auth: 'header', headerName: 'Authorization', testPath: '/user_profile/' },
    placeholders: {
      baseUrl: 'https://defectdojo.example.com/api/v2',
      headerValue: "Token {{ secret('DEFECTDOJO_TOKEN') }}",
    },
  },
};
