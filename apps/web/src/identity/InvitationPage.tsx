import { NewPasswordSchema, passwordLength } from '@dropsafe/contract/identity';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type SubmitEvent } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem, type PlacedProblem } from '../api/field-problems.ts';
import { invitationPath, startPath } from '../paths.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useTitle } from '../ui/use-title.ts';
import { startOver, useAcceptInvitation } from './identity.queries.ts';
import { OuterPage } from './OuterPage.tsx';
import { SignInForm } from './SignInForm.tsx';

/** Where somebody who was invited sets a password, and then signs in with it. Needs no session. */
export function InvitationPage() {
  useTitle('Invitation');
  const client = useQueryClient();
  const navigate = useNavigate();
  const { hash } = useLocation();
  const [username, setUsername] = useState<string>();
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';

  if (username !== undefined) {
    return (
      <OuterPage title="Sign in">
        <Alert severity="success" sx={{ mb: 2 }}>
          Your password is set. Your user name is <strong>{username}</strong>.
        </Alert>
        <SignInForm
          username={username}
          onSignedIn={(session) => {
            startOver(client, session);
            void navigate(startPath, { replace: true });
          }}
        />
      </OuterPage>
    );
  }
  return (
    <OuterPage title="Set your password">
      {token === '' ? (
        <Alert severity="warning">
          <AlertTitle>This link is not complete</AlertTitle>
          Open the whole link that you were given, or ask an administrator for a new invitation.
        </Alert>
      ) : (
        <PasswordForm
          token={token}
          onSet={(name) => {
            // The token is used up; it need not stay in the address.
            void navigate(invitationPath, { replace: true });
            setUsername(name);
          }}
        />
      )}
    </OuterPage>
  );
}

const nothing: PlacedProblem<'password'> = { atFields: {}, elsewhere: null };

function PasswordForm({ token, onSet }: { token: string; onSet: (username: string) => void }) {
  const accept = useAcceptInvitation();
  const input = useRef<HTMLInputElement>(null);
  const [refusal, setRefusal] = useState(nothing);
  const isOver =
    refusal.elsewhere instanceof ApiProblem && refusal.elsewhere.code === 'invitation-refused';

  const submit = async (): Promise<void> => {
    if (accept.isPending) return;
    const password = input.current?.value ?? '';
    const checked = checkField(NewPasswordSchema, password);
    setRefusal(checked === true ? nothing : { atFields: { password: checked }, elsewhere: null });
    if (checked !== true) return input.current?.focus();
    try {
      onSet((await accept.run({ token, password })).username);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setRefusal(placeProblem(error, ['password']));
      input.current?.focus();
    }
  };
  if (isOver) {
    return (
      <Alert severity="warning">
        <AlertTitle>This invitation does not hold</AlertTitle>
        It was used, replaced or taken back, or its time is over. Ask an administrator for a new
        one.
      </Alert>
    );
  }
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        void submit();
      }}
      sx={{ display: 'grid', gap: 2 }}
    >
      <Typography variant="body2" sx={{ color: 'text.secondary' }}>
        You have been invited to Dropsafe. Choose the password that you will sign in with.
      </Typography>
      {refusal.elsewhere !== null && <ProblemAlert problem={refusal.elsewhere} />}
      <TextInput
        ref={input}
        label="New password"
        isRequired
        type="password"
        autoComplete="new-password"
        autoFocus
        help={`At least ${passwordLength.min} characters. A few words in a row are fine; common passwords and your own name are refused.`}
        error={refusal.atFields.password}
      />
      <Button type="submit" variant="contained" size="large" loading={accept.isPending}>
        Set password
      </Button>
    </Box>
  );
}
