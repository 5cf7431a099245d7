import { SignInSchema, type CurrentSession } from '@dropsafe/contract/identity';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useEffect, useRef, useState, type SubmitEvent } from 'react';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useSignIn } from './identity.queries.ts';
import { PasskeySignIn } from './PasskeySignIn.tsx';

interface Props {
  /** Filled in when somebody signs in again; can be changed. */
  username?: string;
  onSignedIn: (session: CurrentSession) => void;
}

/**
 * User name and password, for the sign-in page and for signing in again over an open form. Two fields that are read once,
 * when they are sent: no form library is loaded for them.
 */
export function SignInForm({ username = '', onSignedIn }: Props) {
  const signIn = useSignIn();
  const [problem, setProblem] = useState<Error | null>(null);
  const [errors, setErrors] = useState<Record<'name' | 'password', true | string>>({
    name: true,
    password: true,
  });
  const [seconds, setSeconds] = useCountdown();
  const nameInput = useRef<HTMLInputElement>(null);
  const passwordInput = useRef<HTMLInputElement>(null);

  const submit = async (): Promise<void> => {
    if (signIn.isPending) return;
    const typed = {
      username: nameInput.current?.value ?? '',
      password: passwordInput.current?.value ?? '',
    };
    const name = checkField(SignInSchema.shape.username, typed.username);
    const password = checkField(SignInSchema.shape.password, typed.password);
    setErrors({ name, password });
    if (name !== true) return nameInput.current?.focus();
    if (password !== true) return passwordInput.current?.focus();
    setProblem(null);
    try {
      onSignedIn(await signIn.run(typed));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setProblem(error);
      setSeconds(error instanceof ApiProblem ? (error.retryAfterSeconds ?? 0) : 0);
      if (passwordInput.current !== null) {
        passwordInput.current.value = '';
        passwordInput.current.focus();
      }
    }
  };
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event: SubmitEvent) => {
        event.preventDefault();
        // It may stand over another form, whose child it is for React.
        event.stopPropagation();
        void submit();
      }}
      sx={{ display: 'grid', gap: 2 }}
    >
      {problem !== null && <SignInProblem problem={problem} seconds={seconds} />}
      <TextInput
        ref={nameInput}
        label="User name"
        name="username"
        isRequired
        defaultValue={username}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus={username === ''}
        error={errors.name === true ? undefined : errors.name}
      />
      <TextInput
        ref={passwordInput}
        label="Password"
        name="password"
        isRequired
        type="password"
        autoComplete="current-password"
        autoFocus={username !== ''}
        error={errors.password === true ? undefined : errors.password}
      />
      <DisabledReason reason={seconds > 0 ? `Wait ${inWords(seconds)}.` : undefined}>
        <Button type="submit" variant="contained" size="large" loading={signIn.isPending}>
          Sign in
        </Button>
      </DisabledReason>
      <PasskeySignIn onSignedIn={onSignedIn} />
    </Box>
  );
}

function SignInProblem({ problem, seconds }: { problem: Error; seconds: number }) {
  if (!(problem instanceof ApiProblem)) return <ProblemAlert problem={problem} />;
  if (problem.code === 'sign-in-refused') {
    return (
      <Alert severity="error">
        <AlertTitle>{problem.title}</AlertTitle>
        {problem.detail}
      </Alert>
    );
  }
  if (problem.code === 'too-many-attempts') {
    return (
      <Alert severity="warning">
        <AlertTitle>{problem.title}</AlertTitle>
        {/* Read out once, not with every second. */}
        <span aria-live="off">
          {seconds > 0 ? `You can try again in ${inWords(seconds)}.` : 'You can try again now.'}
        </span>
      </Alert>
    );
  }
  return <ProblemAlert problem={problem} />;
}

function inWords(seconds: number): string {
  if (seconds === 1) return '1 second';
  return seconds <= 120 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

/** Seconds left, counted down to zero. */
function useCountdown(): [number, (seconds: number) => void] {
  const [end, setEnd] = useState(0);
  const [now, setNow] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
      if (Date.now() >= end) clearInterval(timer);
    }, 250);
    return () => clearInterval(timer);
  }, [end]);
  const start = (seconds: number) => {
    setNow(Date.now());
    setEnd(seconds === 0 ? 0 : Date.now() + seconds * 1000);
  };
  return [Math.max(0, Math.ceil((end - now) / 1000)), start];
}
